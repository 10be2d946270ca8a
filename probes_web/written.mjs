// @ts-check
/** What of wasm memories was written for the first time since somebody began to look.
 *
 * An allocator hands freed memory out again, so a leak shows in a heap's size only once its free space is used up.
 * But runs that leave nothing behind write the same places over and over, and what one run leaves behind the next one
 * cannot use: places that nobody wrote before are then written in every run. A block that is kept and never written
 * is not seen but for the words that the allocator puts beside it. */

const PAGE_BYTES = 4096;
const PAGE_WORDS = PAGE_BYTES / 4;

/** @typedef {{ sums: Int32Array, written: Uint8Array }} Seen */

/** A look that counts from now on: bytes, in pages of 4 KiB, that were written since, each page once.
 * @param {ReadonlySet<WebAssembly.Memory>} memories
 * @returns {() => number} */
export function writtenSince(memories) {
  const seen = new Map([...memories].map((memory) => [memory, lookedAt(memory)]));
  return () => {
    let pages = 0;
    for (const [memory, before] of seen) {
      const now = lookedAt(memory);
      for (let page = 0; page < now.sums.length; page += 1) {
        const changed = now.sums[page] !== (before.sums[page] ?? 0); // what a memory grows by holds zeros
        now.written[page] = changed ? 1 : (before.written[page] ?? 0);
        pages += now.written[page] ?? 0;
      }
      seen.set(memory, now);
    }
    return pages * PAGE_BYTES;
  };
}

/** @param {WebAssembly.Memory} memory @returns {Seen} */
function lookedAt({ buffer }) {
  const words = new Int32Array(buffer);
  const sums = new Int32Array(words.length / PAGE_WORDS);
  for (let page = 0; page < sums.length; page += 1) {
    let sum = 0;
    for (let at = page * PAGE_WORDS; at < (page + 1) * PAGE_WORDS; at += 1) {
      sum = (Math.imul(sum, 31) + /** @type {number} */ (words[at])) | 0;
    }
    sums[page] = sum;
  }
  return { sums, written: new Uint8Array(sums.length) };
}
