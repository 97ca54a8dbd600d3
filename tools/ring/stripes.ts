/**
 * Devices of a striped ring as one, for reading only (SPEC.md section 12). Decides where each byte lies,
 * on purpose not with what writes it, and which devices hold given bytes.
 */
import { LABEL_AREA_BYTES, STRIPE_UNIT_BYTES } from "../../host/cache/stripe-label.ts";
import type { OpenRingDevice } from "./device.ts";

/** The devices in their order, each with `dataBytes` bytes of the ring; what one does not give ends a read. */
export function joinStripes(devices: readonly OpenRingDevice[], dataBytes: number): OpenRingDevice {
  const sizeBytes = devices.length * dataBytes;
  return {
    sizeBytes,
    read: (offset, bytes) => {
      const end = Math.min(offset + bytes, sizeBytes);
      const pieces: Buffer[] = [];
      for (let at = offset; at < end; ) {
        const unit = Math.floor(at / STRIPE_UNIT_BYTES);
        const within = at % STRIPE_UNIT_BYTES;
        const wanted = Math.min(STRIPE_UNIT_BYTES - within, end - at);
        const row = Math.floor(unit / devices.length);
        const place = LABEL_AREA_BYTES + row * STRIPE_UNIT_BYTES + within;
        const piece = devices[unit % devices.length]?.read(place, wanted) ?? Buffer.alloc(0);
        pieces.push(piece);
        if (piece.length < wanted) break;
        at += wanted;
      }
      return Buffer.concat(pieces);
    },
    close: () => {
      for (const device of devices) device.close();
    },
  };
}

/** Those of the devices that `bytes` bytes of the ring at `offset` lie on, the first of them first. */
export function devicesOf<Device>(
  devices: readonly Device[],
  offset: number,
  bytes: number,
): Device[] {
  const first = Math.floor(offset / STRIPE_UNIT_BYTES);
  const last = Math.floor((offset + bytes - 1) / STRIPE_UNIT_BYTES);
  const count = Math.min(devices.length, last - first + 1);
  return Array.from({ length: count }, (_, n) => devices[(first + n) % devices.length]).filter(
    (device) => device !== undefined,
  );
}
