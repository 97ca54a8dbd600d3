# the bridge itself in the guest, its ring on a real md mirror; a disk of it fails while a server streams
#   JOB_NODE: node's path below /share; /share is the project
. /job/lib.sh
export MDADM_NO_UDEV=1
UNDERSTUDY="/share/$JOB_NODE --disable-warning=ExperimentalWarning /share/host/main.ts"

# within SECONDS command...: again and again until it is true, or the time is over
within() { local end=$((SECONDS + $1)); shift; until "$@"; do [ $SECONDS -lt $end ] || return 1; sleep 0.2; done; }
# host NAME: the host does its part of that name; this waits until it has
host() { echo "FAULT $1"; within 60 test -e "/job/set-$1"; }
status() { $UNDERSTUDY status --state /tmp/state --json | tr -d '\n'; echo; }

T mirror "modprobe -a md_mod raid1; mdadm --create /dev/md0 --run --level=1 --raid-devices=2 --metadata=1.2 --assume-clean /dev/vdb /dev/vdc; cat /proc/mdstat"
$UNDERSTUDY start --library iscsi://$PORTAL/$IQN --listen 10.0.2.15:3260 --state /tmp/state --ring /dev/md0 --lanes 1 \
  --runtime v8 > /tmp/ready 2> /tmp/log & BRIDGE=$!
T start "within 60 grep -q ^ready /tmp/ready; cat /tmp/ready"
T stream "host streaming"
T fail "mdadm --manage /dev/md0 --fail /dev/vdc; cat /sys/block/md0/md/degraded; grep -q 1 /sys/block/md0/md/degraded"
T copy "host failed"
T status "echo \"STATUS \$(status)\""
kill -TERM $BRIDGE; wait $BRIDGE; ENDED=$?
T stop "[ $ENDED = 0 ]"
cat /tmp/log
finish
