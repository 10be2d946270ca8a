// @ts-check
/** Randomness as an argument: the same seed gives the same numbers everywhere. */

/** mulberry32 (Tommy Ettinger, public domain): numbers in [0, 1).
 * @param {number} seed  32 bits of it are used
 * @returns {() => number} */
export function mulberry32(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The numbers below a count, in an order of chance.
 * @param {number} count @param {() => number} random @returns {number[]} */
export function shuffled(count, random) {
  const order = Array.from({ length: count }, (_, at) => at);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [/** @type {number} */ (order[other]), /** @type {number} */ (order[last])];
  }
  return order;
}
