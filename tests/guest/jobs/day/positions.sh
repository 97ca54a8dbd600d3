# every way to a record
T positions-load "load $THREE; mt setblk 0; fault hang"
T positions-write "write_both"
T positions-read "read_both"
seek() { mt seek 40; at 40; record /tmp/b40 256k; at 41; mt bsr 1; at 40; record /tmp/again 256k; cmp /tmp/b40 /tmp/again; }
T seek seek
T tell "mt rewind; at 0; mt fsr 7; at 7; mt bsr 3; at 4; mt seek 0; says 'BOT' mt status"
T eod "mt eod; file 2; mt tell; mt bsfm 1; file 2; mt bsf 2; file 0"
T across "mt seek 60; fails mt fsr 20; at 66; fails mt bsr 20; at 65"
# the rest of the tape is gone
T overwrite "mt seek 10; dd if=/tmp/blocks of=\$TAPE bs=64k count=3 status=none; at 14; fails mt fsr 1; mt rewind; mt fsf 1; record /tmp/x 64k; [ ! -s /tmp/x ]"
T erase "mt rewind; mt fsr 5; mt erase 0; mt eod; at 5; mt weof 1; file 1"
T positions-unload "unload $THREE"
