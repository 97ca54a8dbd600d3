# logs in by CHAP, mutual, with header and data digests; a wrong secret first; then data through all of it
#   JOB_USER, JOB_SECRET: the server's account; JOB_TARGET_USER, JOB_TARGET_SECRET: the bridge's
. /job/lib.sh
node() { iscsiadm -m node -T "$IQN" -p "$PORTAL" "$@"; }
set_key() { node -o update -n "$1" -v "$2"; }
# account SECRET SECRET_IN ALGORITHMS
account() {
  set_key node.session.auth.authmethod CHAP; set_key node.session.auth.chap_algs "$3"
  set_key node.session.auth.username "$JOB_USER"; set_key node.session.auth.password "$1"
  set_key node.session.auth.username_in "$JOB_TARGET_USER"; set_key node.session.auth.password_in "$2"
}
negotiated() { [ "$(cat /sys/class/iscsi_connection/connection*/$1)" = 1 ]; }

D="iscsiadm -m discoverydb -t sendtargets -p $PORTAL"
T strangers "fails iscsiadm -m discovery -t sendtargets -p $PORTAL"
T database "$D -o new"
for kv in authmethod=CHAP username=$JOB_USER password=$JOB_SECRET; do
  T "discovery-${kv%%=*}" "$D -o update -n discovery.sendtargets.auth.${kv%%=*} -v ${kv#*=}" > /dev/null
done
T discovery "$D --discover | grep -F $IQN"
iscsiadm -m node -o delete > /dev/null 2>&1

T record "iscsiadm -m node -o new -T $IQN -p $PORTAL"
T no-account "fails node -l"
T wrong "account not-$JOB_SECRET $JOB_TARGET_SECRET MD5; fails node -l"
T false-bridge "account $JOB_SECRET not-$JOB_TARGET_SECRET MD5; fails node -l"
for algorithm in MD5 SHA1 SHA256; do
  T "$algorithm" "account $JOB_SECRET $JOB_TARGET_SECRET $algorithm; node -l; node -u"
done
T digests "set_key 'node.conn[0].iscsi.HeaderDigest' CRC32C; set_key 'node.conn[0].iscsi.DataDigest' CRC32C; node -l"
devices
T negotiated "negotiated header_digest; negotiated data_digest"
T load "mtx -f $CHG load $SLOT $DRIVE; mt -f $TAPE status | grep ONLINE; mt -f $TAPE setblk 0"
mkdir -p /tmp/d /tmp/o; for i in 1 2 3; do head -c 10485761 /dev/urandom > /tmp/d/f$i; done
(cd /tmp/d; sha256sum * > /tmp/sums)
T write "mt -f $TAPE rewind; tar -C /tmp -b 512 -cf $TAPE d"
T read "mt -f $TAPE rewind; tar -C /tmp/o -b 512 -xf $TAPE; cd /tmp/o/d; sha256sum -c /tmp/sums"
head -c 10001 /dev/urandom > /tmp/odd
T odd "mt -f $TAPE rewind; dd if=/tmp/odd of=$TAPE bs=10001 status=none; mt -f $TAPE rewind; dd if=$TAPE bs=64k status=none | cmp - /tmp/odd"
# the bridge stops in the middle and starts again: the kernel waits for it, the place on the tape is what it was
T restart "dd if=/tmp/odd of=$TAPE bs=1k count=4 status=none; mt -f $TAPE tell | tee /tmp/place; fault restart; mt -f $TAPE tell | cmp - /tmp/place"
T on "dd if=/tmp/odd of=$TAPE bs=10001 status=none; mt -f $TAPE bsf 2; mt -f $TAPE fsf 1; dd if=$TAPE bs=64k status=none | cmp - /tmp/odd; negotiated data_digest"
T unload "mt -f $TAPE offline; mtx -f $CHG unload $SLOT $DRIVE"
T logout "node -u"
T quiet "fails dmesg -l err,crit,alert,emerg | grep ."
finish
