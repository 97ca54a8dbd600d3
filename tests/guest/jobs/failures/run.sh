# backups while cartridge, drives and robot fail: every step must go as if nothing had happened
#   JOB_SLOTS: four slots whose cartridges the job may overwrite; JOB_FREE: an empty slot
. /job/lib.sh
read -r MEDIUM_SLOT DRIVE_SLOT HANG_SLOT ROBOT_SLOT <<< "$JOB_SLOTS"
login
file() { mt -f $TAPE status | grep -F "File number=$1,"; }
rewind() { mt -f $TAPE rewind; }
load() { mtx -f $CHG load $1 $DRIVE; mtx -f $CHG status | grep "Element $DRIVE:Full (Storage Element $1 Loaded)"; rewind; }
unload() { mt -f $TAPE offline; mtx -f $CHG unload $1 $DRIVE; mtx -f $CHG status | grep "Storage Element $1:Full"; }

# fault NAME: asks for that fault and waits until it is set, at most 20 s
fault() {
  local end=$((SECONDS + 20))
  echo "FAULT $1"
  until [ -e "/job/set-$1" ]; do [ $SECONDS -lt $end ] || { echo "nobody set $1"; return 1; }; sleep 0.1; done
}

# write_both, read_both: an archive in 256 KiB records, one in tar's own 10 KiB records
write_both() { tar -C /tmp -b 512 -cf $TAPE d; file 1; tar -C /tmp -cf $TAPE s sums; file 2; }
read_both() {
  rm -rf /tmp/o; mkdir /tmp/o; rewind
  tar -C /tmp/o -b 512 -xf $TAPE; mt -f $TAPE fsf 1; file 1; tar -C /tmp/o -xf $TAPE
  cmp /tmp/o/sums /tmp/sums; (cd /tmp/o; sha256sum --quiet -c /tmp/sums)
}

mkdir -p /tmp/d /tmp/s
for i in 1 2; do head -c 8388608 /dev/urandom > /tmp/d/f$i; head -c $((i * 300001)) /dev/urandom > /tmp/s/s$i; done
head -c 2097152 /dev/urandom > /tmp/blocks
(cd /tmp; sha256sum d/* s/* > sums)
echo "JOB: data made" > /dev/kmsg

T medium-load "load $MEDIUM_SLOT; mt -f $TAPE setblk 0; fault medium"
T medium-write "write_both"
T medium-read "read_both"
T medium-unload "unload $MEDIUM_SLOT"

T drive-load "load $DRIVE_SLOT; mt -f $TAPE setblk 512; fault drive"
T drive-write "dd if=/tmp/blocks of=$TAPE bs=64k; file 1; dd if=/tmp/blocks of=$TAPE bs=512 count=100 status=none; file 2"
# dd reads up to and over the filemark
T drive-read "rewind; dd if=$TAPE of=/tmp/again bs=64k; cmp /tmp/blocks /tmp/again; file 1
  dd if=$TAPE of=/tmp/again bs=5120; [ \$(stat -c %s /tmp/again) = 51200 ]; cmp -n 51200 /tmp/blocks /tmp/again"
T drive-unload "mt -f $TAPE setblk 0; unload $DRIVE_SLOT"

T hang-load "load $HANG_SLOT; fault hang"
T hang-write "write_both"
T hang-read "read_both"
T hang-unload "unload $HANG_SLOT"

T robot-load "fault robot; load $ROBOT_SLOT"
T robot-unload "fault robot-again; unload $ROBOT_SLOT"
T robot-transfer "fault robot-once-more; mtx -f $CHG transfer $ROBOT_SLOT $JOB_FREE; mtx -f $CHG status | grep 'Storage Element $ROBOT_SLOT:Empty'
  mtx -f $CHG transfer $JOB_FREE $ROBOT_SLOT; mtx -f $CHG status | grep 'Storage Element $ROBOT_SLOT:Full'"

# not complaints: the block limits of st; what an emulated machine on a busy host says of its own clock
NO_COMPLAINT='Block limits|hrtimer: interrupt took|RT throttling activated'
T dmesg "dmesg | sed '1,/JOB: data made/d' | grep -vE '$NO_COMPLAINT' > /tmp/complaints || true; cat /tmp/complaints; [ ! -s /tmp/complaints ]"
T logout "iscsiadm -m node -T $IQN -p $PORTAL -u"
finish
