#!/bin/bash
# library.sh start|stop|status|fresh: a tgtd tape library on 127.0.0.1; fresh = stop, blank cartridges, start
#   3 drives (LUN 1-3), changer (LUN 4), 8 slots, 2 import/export, 6 cartridges; LUN 0 is tgtd's own controller
# env: TGT_PORT TGT_IQN TGT_DIR (media, log, pid)   TGT_TUNE=1 larger iSCSI PDUs   TGT_PRELOAD=tapefault.so
#   TGT_OWNER=PID: the library stops by itself within 2 s after that process is gone
#   TGT_BARCODES="NAME[:MIB] ..."  cartridges for slot 1, 2, ...; MIB = capacity (TGT_SIZE_MB); sparse, they grow as written
set -eu
PORT=${TGT_PORT:-3290}
DIR=$(readlink -m "${TGT_DIR:-${TMPDIR:-/tmp}/understudy-tgt-$PORT}")
CN=${TGT_CN:-$PORT}                  # number of tgtd's control socket: one for each tgtd on the machine
IQN=${TGT_IQN:-iqn.2024-01.local.tgt:vtl}
SIZE_MB=${TGT_SIZE_MB:-4096}
BARCODES=${TGT_BARCODES:-"TB0001L6 TB0002L6 TB0003L6 TB0004L6 TB0005L6 CLNU01L1"}
NDRV=3 CHG=4 NSLOT=8 NIE=2
A_ROBOT=1 A_IE=16 A_DRV=256 A_SLOT=1000
T="tgtadm -C $CN --lld iscsi"
die() { echo "library.sh: $*" >&2; exit 1; }
lu() { $T --mode logicalunit --op update --tid 1 --lun "$1" --params "$2"; }

start() {
  command -v tgtd > /dev/null || die "no tgtd (Debian package tgt)"
  [ ${#DIR} -lt 100 ] || die "TGT_DIR is too long for tgtd: $DIR"
  ! kill -0 "$(cat "$DIR/tgtd.pid" 2>/dev/null)" 2>/dev/null || die "already running, pid $(cat "$DIR/tgtd.pid")"
  mkdir -p "$DIR/media"; truncate -s 1K "$DIR/smc"      # the changer needs a backing file, whatever is in it
  for c in $BARCODES; do
    b=${c%%:*} s=$SIZE_MB t=data; case $c in *:*) s=${c#*:};; CLN*) t=clean s=1;; esac
    [ -f "$DIR/media/$b" ] || tgtimg --op new --device-type tape --barcode="$b" --size="$s" --type=$t --file="$DIR/media/$b" > /dev/null
  done
  for i in $(seq $NDRV); do                             # an empty drive needs one too
    [ -f "$DIR/notape$i" ] || tgtimg --op new --device-type tape --barcode=none --size=1 --type=clean --file="$DIR/notape$i" > /dev/null
  done
  LD_PRELOAD=${TGT_PRELOAD:-} tgtd -f --iscsi "portal=127.0.0.1:$PORT" -C "$CN" > "$DIR/tgtd.log" 2>&1 < /dev/null &
  p=$!; echo $p > "$DIR/tgtd.pid"
  for _ in $(seq 50); do $T --mode target --op show > /dev/null 2>&1 && break; sleep 0.1; done
  if ! kill -0 $p 2>/dev/null || grep -q -i 'unable to bind\|failed to create/bind' "$DIR/tgtd.log"; then
    stop; die "tgtd did not start on port $PORT: $(tail -n 1 "$DIR/tgtd.log")"; fi
  $T --mode target --op new --tid 1 -T "$IQN"
  if [ "${TGT_TUNE:-0}" = 1 ]; then                     # by default tgtd declares 8 KiB data segments
    for kv in MaxRecvDataSegmentLength=262144 FirstBurstLength=262144 MaxBurstLength=1048576 InitialR2T=No ImmediateData=Yes; do
      $T --mode target --op update --tid 1 --name ${kv%=*} --value ${kv#*=}; done
  fi
  for i in $(seq $NDRV); do
    $T --mode logicalunit --op new --tid 1 --lun $i --device-type tape -b "$DIR/notape$i"
    lu $i "vendor_id=TGT,product_id=VTAPE,product_rev=0001,scsi_sn=TGTDRV000$i"
    lu $i online=0                                      # empty: NOT READY 3A/00
  done
  $T --mode logicalunit --op new --tid 1 --lun $CHG --device-type changer -b "$DIR/smc"
  lu $CHG "vendor_id=TGT,product_id=VLIB,product_rev=0001,scsi_sn=TGTCHG0001"
  lu $CHG media_home="$DIR/media"                       # a cartridge is the file media_home/barcode
  lu $CHG element_type=1,start_address=$A_ROBOT,quantity=1
  lu $CHG element_type=2,start_address=$A_SLOT,quantity=$NSLOT
  lu $CHG element_type=3,start_address=$A_IE,quantity=$NIE
  lu $CHG element_type=4,start_address=$A_DRV,quantity=$NDRV
  for i in $(seq $NDRV); do lu $CHG element_type=4,address=$((A_DRV + i - 1)),tid=1,lun=$i; done
  a=$A_SLOT
  for c in $BARCODES; do lu $CHG element_type=2,address=$a,barcode=${c%%:*},sides=1; a=$((a + 1)); done
  $T --mode target --op bind --tid 1 -I 127.0.0.1
  # A killed test must not leave a daemon behind; setsid, so that what kills the test's group spares the watch.
  if [ -n "${TGT_OWNER:-}" ]; then setsid "$0" watch > /dev/null 2>&1 < /dev/null & fi
}
watch() {
  p=$(cat "$DIR/tgtd.pid")
  while kill -0 "$TGT_OWNER" 2>/dev/null && kill -0 "$p" 2>/dev/null; do sleep 1; done
  [ "$(cat "$DIR/tgtd.pid" 2>/dev/null)" != "$p" ] || stop
}
stop() {
  [ -f "$DIR/tgtd.pid" ] || return 0
  p=$(cat "$DIR/tgtd.pid")
  if kill -0 "$p" 2>/dev/null; then
    kill -CONT "$p"                                     # in case a test left it frozen
    $T --mode target --op delete --force --tid 1 > /dev/null 2>&1 || true
    tgtadm -C "$CN" --mode system --op delete > /dev/null 2>&1 || true
    for _ in $(seq 20); do kill -0 "$p" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$p" 2>/dev/null || true
  fi
  rm -f "$DIR/tgtd.pid"
}
case "${1:-}" in
  start) start;; stop) stop;; watch) watch;; status) $T --mode target --op show;;
  fresh) stop; rm -rf "$DIR/media" "$DIR"/notape*; start;;
  *) echo "usage: $0 start|stop|status|fresh" >&2; exit 2;;
esac
