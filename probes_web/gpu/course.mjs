// @ts-check
/** What a run on the GPU spends its time on, from the moments of its submits and waits. */

/** From one moment to another, ms.
 * @typedef {readonly [begin: number, end: number]} Stretch */

/** @typedef {object} Moments
 * @property {number} began
 * @property {number} ended
 * @property {readonly Stretch[]} submits  one after the other
 * @property {readonly Stretch[]} waits  by their begins; several may be going on at once */

/** Without a submit all but waits is before one.
 * @param {Moments} moments @returns {import("../wire.js").RunCourse} */
export function courseOf({ began, ended, submits, waits }) {
  const apart = united(waits);
  const begins = [...submits.map(([begin]) => begin), ended];
  const ends = [began, ...submits.map(([, end]) => end)];
  const gaps = begins.map((begin, at) => {
    const from = /** @type {number} */ (ends[at]);
    const waited = within(apart, from, begin);
    return { waited, own: Math.max(0, begin - from - waited) }; // a difference of sums may be a hair below 0
  });
  const [before = 0, ...others] = gaps.map(({ own }) => own);
  const after = others.pop() ?? 0;
  return {
    before_ms: before,
    submits_ms: sum(submits.map(([begin, end]) => end - begin)),
    between_ms: sum(others),
    after_ms: after,
    waits_ms: sum(gaps.map(({ waited }) => waited)),
    largest_ms: Math.max(0, ...others),
    submits: submits.length,
  };
}

/** How long at least one of the stretches lasts between two moments, ms.
 * @param {readonly Stretch[]} stretches  in whatever order @param {number} from @param {number} to */
export function covered(stretches, from, to) {
  return within(united(stretches.toSorted(([one], [other]) => one - other)), from, to);
}

/** Stretches of which none touches another. @param {readonly Stretch[]} stretches @returns {Stretch[]} */
function united(stretches) {
  /** @type {Stretch[]} */
  const found = [];
  for (const [begin, end] of stretches) {
    const last = found.at(-1);
    if (last !== undefined && begin <= last[1]) found[found.length - 1] = [last[0], Math.max(last[1], end)];
    else found.push([begin, end]);
  }
  return found;
}

/** How long some of the stretches last between two moments.
 * @param {readonly Stretch[]} stretches @param {number} from @param {number} to */
function within(stretches, from, to) {
  return sum(stretches.map(([begin, end]) => Math.max(0, Math.min(end, to) - Math.max(begin, from))));
}

/** @param {readonly number[]} numbers */
function sum(numbers) {
  return numbers.reduce((all, one) => all + one, 0);
}
