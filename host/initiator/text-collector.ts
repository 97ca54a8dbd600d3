/**
 * Puts the text of continued responses (C bit) together. Decides when the text is whole and when
 * it is too long; the keys' meaning is the caller's.
 */
import { TEXT_BYTES_MAX } from "./limits.ts";

/** More is to be asked for, the text is there, or it cannot be taken. */
export type CollectedText =
  | { readonly kind: "more" }
  | { readonly kind: "whole"; readonly text: Uint8Array }
  | { readonly kind: "fault"; readonly reason: string };

/** Texts of one or more PDUs each, one after the other. */
export class TextCollector {
  #segments: Uint8Array[] = [];
  #bytes = 0;

  /** Takes one data segment; the bytes are copied when more are to follow. */
  add(data: Uint8Array, more: boolean): CollectedText {
    this.#bytes += data.length;
    if (this.#bytes > TEXT_BYTES_MAX) {
      return { kind: "fault", reason: `text of more than ${TEXT_BYTES_MAX} bytes` };
    }
    if (more) {
      this.#segments.push(new Uint8Array(data));
      return { kind: "more" };
    }
    const text = this.#segments.length === 0 ? data : Buffer.concat([...this.#segments, data]);
    this.#segments = [];
    this.#bytes = 0;
    return { kind: "whole", text };
  }
}
