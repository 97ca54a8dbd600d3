/** The steps of a recovery in words, by the source's numerals. Decides wording only. */

const STEP_WORDS: ReadonlyMap<string, string> = new Map([
  ["601", "data arrive from the server"],
  ["602", "they go to ring and drive at once"],
  ["603", "the ring keeps the exact image"],
  ["604", "the operation fails at the drive"],
  ["605", "the drive's error message is received"],
  ["606", "the drive is not fed any more"],
  ["607", "verdict: drive or medium?"],
  ["608", "is there a spare?"],
  ["609", "no spare: the server gets the drive's own error"],
  ["611", "the ring takes data at a reduced rate"],
  ["612", "couple to the spare drive"],
  ["613", "can the medium be unloaded?"],
  ["614", "yes: it moves to the spare drive"],
  ["615", "the tail on it is verified against the ring"],
  ["616", "the rest of the image is copied from the ring"],
  ["617", "caught up with the server?"],
  ["618", "ring and medium both again"],
  ["619", "no more BUSY"],
  ["620", "no: a spare medium goes into the spare drive"],
  ["621", "the whole image is copied to it"],
  ["631", "the medium is replaced in the same drive"],
  ["632", "the new medium is verified: empty, and it works"],
  ["633", "the whole image is copied to it"],
]);

/** What step `label` ("606") is; "" for one that is not known. */
export function stepWords(label: string): string {
  return STEP_WORDS.get(label) ?? "";
}
