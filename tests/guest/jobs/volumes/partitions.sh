# two partitions on each of two cartridges, as an administrator makes and uses them; the second one fails in the middle
# of what is written to partition 0, when partition 1 has been written

export TAPE
status_says() { mt status | grep -o 'File number=.*' | grep -xF "$1"; }
record() { dd if=$TAPE bs=256K count=1 status=none | sha256sum; }
# seek PARTITION BLOCK: the record there
seek() { mt partseek $1 $2; mt tell | grep -x "At block $2\."; mt status | grep -o "partition=$1\."; record; }
# read_partitions: both archives, from whichever partition the tape is in
read_partitions() {
  local n
  for n in 1 0; do
    rm -rf /tmp/o; mkdir /tmp/o
    mt setpartition $n; mt rewind; status_says "File number=0, block number=0, partition=$n."
    tar -C /tmp/o -xb 512 -f $TAPE; (cd /tmp/o; sha256sum --quiet -c /tmp/sums-$n)
  done
}
# write_partition N: its archive from the beginning
write_partition() { mt setpartition $1; tar -C /tmp -cb 512 -f $TAPE p$1; mt status | grep -o 'partition=.*'; }

# partitions NAME SLOT: all of it with one cartridge; every NAME must say the same
partitions() {
  T $1-part-make "load $2; mt mkpartition 12; status_says 'File number=0, block number=0, partition=0.'; sg_modes -p 0x11 $TAPE_SG | tail -2"
  T $1-part-write-1 "write_partition 1"
  T $1-part-write-0 "fault $1; write_partition 0; tar -C /tmp -cf $TAPE sums-0 sums-1; mt weof 1"
  T $1-part-seek "seek 1 3; seek 0 14; mt setpartition 1; mt seek 8; record"
  T $1-part-reload "unload $2; load $2; status_says 'File number=0, block number=0, partition=0.'; read_partitions"
  T $1-part-append "mt fsf 1; tar -tf $TAPE; mt setpartition 1; mt eod; tar -C /tmp -cf $TAPE sums-1; mt rewind; mt fsf 1; tar -tf $TAPE"
  T $1-part-unload "unload $2"
}

mkdir -p /tmp/p0 /tmp/p1
head -c 4194304 /dev/urandom > /tmp/p0/f; head -c 2500000 /dev/urandom > /tmp/p1/f
(cd /tmp; for n in 0 1; do sha256sum p$n/* > sums-$n; done)
T can-partitions "mt stsetoptions can-partitions"
partitions sound $FIVE
partitions failing $SIX
