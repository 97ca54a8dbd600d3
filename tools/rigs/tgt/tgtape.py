#!/usr/bin/env python3
"""tgtape.py IMAGE [--sums] : independent reader of tgtd/tgtimg tape images (format v2) -> one line per object: R <size> <sha1> | FM | EOD
--sums: R <size> <sha1> <sha256 over the data of all records so far>
48-byte big-endian header: crc32c(4, of the other 44 bytes, host order) ondisk_sz blk_sz blk_type(2=data 0x40=FM 0x20=EOD 0x10=BOT) blk_num(8) prev(8) curr(8) next(8); BOT at 0, MAM (1104 B) at 48, first object at 1152"""
import sys,struct,hashlib
f=open(sys.argv[1],'rb'); off=0
sums='--sums' in sys.argv[2:]; h256=hashlib.sha256()
while True:
    f.seek(off); h=f.read(48)
    if len(h)<48: print('TRUNCATED at',off); break
    crc,ods,bs,ty,num,prev,cur,nxt=struct.unpack('>IIIIQQQQ',h)
    if ty==2:
        d=f.read(bs); h256.update(d); sofar=[h256.copy().hexdigest()] if sums else []
        print('R',bs,hashlib.sha1(d).hexdigest(),*sofar,'' if len(d)==bs else 'SHORT')
    elif ty==0x40: print('FM')
    elif ty==0x20: print('EOD after',num-1,'objects'); break
    elif ty!=0x10: print('UNKNOWN',hex(ty),'at',off); break
    off=nxt
