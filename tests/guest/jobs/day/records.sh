# records of every length, in variable and fixed blocks
SIZES="1 3 511 512 513 10001 65535 65537 262144 524287"
head -c 5000 /dev/urandom > /tmp/five
for s in $SIZES; do head -c $s /dev/urandom > /tmp/w$s; done
write_sizes() { mt rewind; for s in $SIZES; do dd if=/tmp/w$s bs=$s count=1 status=none; done > "$TAPE"; }
# read_sizes LENGTH: each record by a READ of that length; "own": of its own
read_sizes() {
  mt rewind; for s in $SIZES; do dd of=/tmp/r$s bs=${1/own/$s} count=1 status=none; done < "$TAPE"
  for s in $SIZES; do cmp /tmp/w$s /tmp/r$s; done
}
# dd reads up to and over the filemark
read_fixed() {
  mt rewind; dd if="$TAPE" of=/tmp/again bs=64k status=none; cmp /tmp/blocks /tmp/again; file 1
  dd if="$TAPE" of=/tmp/again bs=5120 status=none; cmp -n 51200 /tmp/blocks /tmp/again; [ "$(stat -c %s /tmp/again)" = 51200 ]; file 2
}
T records-load "load $TWO; mt setblk 0; mt stshowoptions"
T records-write "write_sizes; file 1"
T exact "fault read; read_sizes own"
T overread "read_sizes 1M"
T underread "mt rewind; mt fsr 7; fails record /tmp/x 1000; at 8"
T at-mark "mt rewind; mt fsr 10; record /tmp/x 64k; [ ! -s /tmp/x ]; file 1; record /tmp/x 64k; [ ! -s /tmp/x ]; fails record /tmp/x 64k"
T fixed-write "mt rewind; mt setblk 512; fault drive; dd if=/tmp/blocks of=\$TAPE bs=64k status=none; file 1; dd if=/tmp/blocks of=\$TAPE bs=512 count=100 status=none; file 2"
T fixed-read read_fixed
T odd-block "mt rewind; mt setblk 1000; dd if=/tmp/five of=\$TAPE bs=5000 status=none; at 6; mt rewind; dd if=\$TAPE of=/tmp/x bs=2000 status=none; cmp /tmp/five /tmp/x"
T wrong-block "mt rewind; mt setblk 512; fails record /tmp/x 512; mt setblk 0; record /tmp/x 1000; cmp -n 1000 /tmp/five /tmp/x"
T not-whole "mt rewind; mt setblk 512; fails dd if=/tmp/blocks of=\$TAPE bs=700 count=1 status=none; mt setblk 0"
T records-unload "unload $TWO"
