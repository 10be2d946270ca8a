// @ts-check
/** Tasks that come in steps: what an earlier one has left for a later one. */

/** @template T
 * @param {T | null} left @param {string} order  of the steps, for whoever mixes them up @returns {T} */
export function leftBy(left, order) {
  if (left === null) throw new Error(`steps come in order: ${order}`);
  return left;
}
