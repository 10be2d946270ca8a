// @ts-check
/** The only clock. Everything timed in the page is a difference of two `now()` of one realm;
 * only how long a worker takes to start, and how long an order lets a page wait, is one of two `moment()`. */

/** Milliseconds since some fixed moment of this realm; the browser coarsens it (see `timerStepUs`). */
export const now = () => performance.now();

/** The same since 1970, by which a page and its worker, two realms of one process, mean the same moment. */
export const moment = () => performance.timeOrigin + performance.now();

/** Steps to watch, and how long to watch at the most: a coarse timer steps ten times a second or more. */
const STEPS = 200;
const WATCH_MS = 30;

/** The smallest difference two readings can have, in µs, measured. */
export function timerStepUs() {
  const begin = now();
  let last = begin;
  let smallest = Infinity;
  for (let steps = 0; steps < STEPS && last - begin < WATCH_MS; ) {
    const reading = now();
    if (reading !== last) {
      smallest = Math.min(smallest, reading - last);
      last = reading;
      steps += 1;
    }
  }
  return smallest * 1000;
}
