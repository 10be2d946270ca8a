// @ts-check
/** Who is timed no more: so far behind the fastest one that is right that it cannot win. */

/** @typedef {object} Runner
 * @property {number} problem
 * @property {{ readonly samples_ns: readonly number[] }} timed
 * @property {boolean} right
 * @property {boolean} out */

/** By the first sample of each. What is wrong, or took no time by the clock, is no measure for others.
 * @param {readonly Runner[]} runners @param {number} given_up  times the fastest; 0: nobody is */
export function leaveBehind(runners, given_up) {
  if (given_up === 0) return;
  /** @type {Map<number, number>} */
  const fastest = new Map();
  for (const { problem, timed, right } of runners) {
    const [first] = timed.samples_ns;
    if (right && first !== undefined && first > 0) {
      fastest.set(problem, Math.min(fastest.get(problem) ?? Infinity, first));
    }
  }
  for (const runner of runners) {
    const limit = given_up * (fastest.get(runner.problem) ?? Infinity);
    runner.out = (runner.timed.samples_ns[0] ?? 0) > limit;
  }
}
