# an archive over two cartridges: tar stops at early warning and goes on with the next one; twice, the
# second time the first cartridge fails shortly before its end
#   JOB_SLOTS: six slots whose cartridges the job may overwrite
. /job/lib.sh
read -r ONE TWO THREE FOUR FIVE SIX <<< "$JOB_SLOTS"
login
load() { mtx -f $CHG load $1 $DRIVE; mt -f $TAPE rewind; }
unload() { mt -f $TAPE offline; mtx -f $CHG unload $1 $DRIVE; }

# next FROM TO: what tar runs at the end of a volume
next() {
  cat > /tmp/next <<END
#!/bin/sh
set -e
echo "volume \$TAR_VOLUME"
mt -f $TAPE offline
mtx -f $CHG unload $1 $DRIVE
mtx -f $CHG load $2 $DRIVE
mt -f $TAPE rewind
END
  chmod +x /tmp/next
}

# write FROM TO: the second volume holds what the first one did not
write() {
  next $1 $2; load $1
  tar -C /tmp -cM -b 512 -F /tmp/next -f $TAPE d | tee /tmp/volumes
  grep -x 'volume 2' /tmp/volumes; fails grep -x 'volume 3' /tmp/volumes
  unload $2
}
read_back() {
  rm -rf /tmp/o; mkdir /tmp/o; load $1
  tar -C /tmp/o -xM -b 512 -F /tmp/next -f $TAPE
  (cd /tmp/o; sha256sum --quiet -c /tmp/sums); unload $2
}

mkdir -p /tmp/d
for i in 1 2 3 4; do head -c 10485760 /dev/urandom > /tmp/d/f$i; done
(cd /tmp; sha256sum d/* > sums)
mark

T whole-write "write $ONE $TWO"
T whole-read "read_back $ONE $TWO"
T failing-write "fault near-end; write $THREE $FOUR"
T failing-read "read_back $THREE $FOUR"

. /job/partitions.sh

T kernel complaints
T logout "iscsiadm -m node -T $IQN -p $PORTAL -u"
finish
