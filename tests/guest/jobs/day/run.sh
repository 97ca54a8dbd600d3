# a backup server's day, the same whether something fails or not: `fault` is where the host may break something
#   JOB_SLOTS: five slots whose cartridges the job may overwrite; JOB_FREE: an empty slot; JOB_PORT: an empty import/export element
. /job/lib.sh
read -r ONE TWO THREE FOUR FIVE <<< "$JOB_SLOTS"

# says PATTERN command...: shows what the command says; true when it succeeds and that fits
says() { local pattern=$1 said rc=0; shift; said=$("$@" 2>&1) || rc=$?; echo "$said"; [ $rc = 0 ] && [[ $said =~ $pattern ]]; }
# ends CODE command...: the command's exit code, whatever it says
ends() { local code=$1 rc=0; shift; "$@" || rc=$?; [ $rc = "$code" ] || { echo "exit code $rc, not $code"; return 1; }; }
# names PREFIX: what `devices` has found, under names that are the same at every boot
names() { ln -sf "$TAPE" "/dev/$1tape"; ln -sf "${TAPE/nst/st}" "/dev/$1rewinding"; ln -sf "$TAPE_SG" "/dev/$1drive"; ln -sf "$CHG" "/dev/$1robot"; }
use() { export TAPE=/dev/$1tape REWINDING=/dev/$1rewinding DRIVE_SG=/dev/$1drive CHANGER=/dev/$1robot; }

file() { says "File number=$1," mt status; }                 # file N: the drive is in that file
at() { says "^At block $1\.$" mt tell; }
in_slot() { says "Storage Element $1:Full" mtx status; }
load() { mtx load "$1" "$DRIVE"; says "Element $DRIVE:Full \(Storage Element $1 Loaded\)" mtx status; }
unload() { mt offline; mtx unload "$1" "$DRIVE"; in_slot "$1"; }
record() { dd if="$TAPE" of="$1" bs="$2" count=1 status=none; }

# write_both, read_both: an archive in 256 KiB records, one in tar's own 10 KiB records
write_both() { tar -C /tmp -b 512 -cf "$TAPE" d; file 1; tar -C /tmp -cf "$TAPE" s sums; file 2; }
read_both() {
  rm -rf /tmp/o; mkdir /tmp/o; mt rewind
  tar -C /tmp/o -b 512 -xf "$TAPE"; mt fsf 1; file 1; tar -C /tmp/o -xf "$TAPE"
  cmp /tmp/o/sums /tmp/sums; (cd /tmp/o; sha256sum --quiet -c /tmp/sums)
}

discovery() { iscsiadm -m discovery -t sendtargets -p "$PORTAL" | grep -qF "$IQN"; }
logout() { iscsiadm -m node -T "$IQN" -p "$PORTAL" -u > /dev/null; }
identity() { local unit; for unit in drive robot; do sg_inq "/dev/$unit"; sg_vpd -p sn "/dev/$unit"; sg_vpd -p di "/dev/$unit"; done; }

T discovery discovery
iscsiadm -m node -o delete > /dev/null 2>&1
login; names ''; use ''
mkdir -p /tmp/d /tmp/s
for i in 1 2; do head -c 8388608 /dev/urandom > /tmp/d/f$i; head -c $((i * 300001)) /dev/urandom > /tmp/s/s$i; done
head -c 2097152 /dev/urandom > /tmp/blocks
(cd /tmp; sha256sum d/* s/* > sums)
identity > /tmp/identity; mark

. /job/robot.sh
. /job/archive.sh
. /job/records.sh
. /job/positions.sh
. /job/probes.sh
# what the server itself did wrong
T kernel "complaints 'Failed to read [0-9]+ byte block with [0-9]+ byte transfer|Incorrect block size|Write not multiple'"
. /job/nexuses.sh

T same-identity "identity | cmp - /tmp/identity"
T logout logout
finish
