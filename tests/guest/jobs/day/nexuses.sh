# a second session of this server, then a second initiator: QEMU's own, whose units are on a virtio-scsi bus.
# Position, cartridge and reservation are the drive's, not a session's.

# host_of NAME DIRECTORY: the number of the SCSI host above a directory of /sys
host_of() { local p; p=$(readlink -f "$1"); while [[ ${p##*/} != host* ]]; do p=${p%/*}; done; echo "${p##*host}"; }
# what a kernel is told of the other one
TOLD='reservation conflict|Test Unit Ready|tag#|[Pp]arameters changed|Power-on or device reset occurred'
conflict() { ends 24 sg_raw "/dev/$1drive" 00 00 00 00 00 00; }

# turns ONE OTHER: both read, one behind the other
turns() {
  use "$1"; mt rewind; mt setblk 0; dd if=/tmp/blocks of="$TAPE" bs=64k count=12 status=none; mt rewind
  use "$2"; dd if="$TAPE" of=/tmp/t1 bs=64k count=4 status=none
  use "$1"; dd if="$TAPE" of=/tmp/t2 bs=64k count=5 status=none
  use "$2"; at 9; dd if="$TAPE" of=/tmp/t3 bs=64k count=9 status=none
  cat /tmp/t1 /tmp/t2 /tmp/t3 | cmp -n 786432 - /tmp/blocks; at 13
}
# reserved ONE OTHER: who reserves has the drive, until it is released or reset
reserved() {
  sg_raw "/dev/$1drive" 16 00 00 00 00 00; conflict "$2"; sg_turs "/dev/$1drive"
  sg_raw "/dev/$2drive" 17 00 00 00 00 00; conflict "$2"
  sg_raw "/dev/$1drive" 17 00 00 00 00 00; sg_turs "/dev/$2drive"
}
# persistent ONE OTHER: a reservation of registrants, seen by both, taken over by the other one
persistent() {
  local mine=/dev/$1drive other=/dev/$2drive
  sg_persist -o -G -S 0x1 "$mine"; sg_persist -o -R -K 0x1 -T 5 "$mine"
  says 'Write Exclusive, registrants only' sg_persist -r "$other"; sg_turs "$mine"; ends 24 sg_raw "$other" 10 00 00 00 00 00
  sg_persist -o -G -S 0x2 "$other"; sg_raw "$other" 10 00 00 00 00 00; sg_persist -o -P -K 0x2 -S 0x1 -T 5 "$other"
  ends 6 sg_turs "$mine"; says 'Key=0x2' sg_persist -r "$mine"; sg_persist -o -C -K 0x2 "$other"; says 'there are NO registered' sg_persist -k "$mine"
}

T nexuses-load "load $FIVE; mt setblk 0"
iscsiadm -m session -r 1 -o new > /dev/null
devices "$(host_of /sys/class/iscsi_session/session2)"; names second-; mark
T two-sessions "turns '' second-"
T two-reserve "reserved second- ''"
T two-persist "persistent '' second-"
use ''; T second-kernel "complaints '$TOLD'"
# the end of a session makes kernel 6.1 complain of itself at times (WQ_MEM_RECLAIM): it is not looked at
T second-gone "sg_raw /dev/second-drive 16 00 00 00 00 00; conflict ''; iscsiadm -m session -r 2 -u > /dev/null; sg_turs /dev/drive"

if [ -n "${JOB_PASS_THROUGH:-}" ]; then
  modprobe virtio_scsi
  devices "$(host_of "$(dirname "$(grep -l virtio_scsi /sys/class/scsi_host/*/proc_name)")")"; names pt-; mark
  T pt-sees "use pt-; sg_inq \$DRIVE_SG; mtx status; mt status"
  T pt-turns "turns '' pt-; turns pt- ''"
  T pt-reserve "reserved '' pt-; reserved pt- ''"
  T pt-persist "persistent pt- ''"
  T pt-write "use pt-; mt rewind; fault elsewhere; write_both"
  T pt-read "use ''; read_both; use pt-; read_both"
  T pt-append "use ''; mt eod; dd if=/tmp/blocks of=\$TAPE bs=100000 status=none; use pt-; mt bsf 1; mt bsfm 1; dd if=\$TAPE bs=256k status=none | cmp - /tmp/blocks"
  T pt-records "use pt-; SIZES=\"\$SIZES 1048576\"; head -c 1048576 /dev/urandom > /tmp/w1048576; write_sizes; read_sizes own; read_sizes 1M"
  T pt-unload "use pt-; unload $FIVE; use ''; mtx status"
  T pt-kernel "complaints '$TOLD'"
else
  T nexuses-unload "unload $FIVE"
fi
use ''
