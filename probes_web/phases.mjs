// @ts-check
/** What was going on when something was thrown, in the words of a trial's `Failure`. */

/** @typedef {"start" | "load" | "create" | "warmup" | "timed" | "stop"} Phase */

/** Wraps whatever was thrown, with the phase it happened in. */
class InPhase {
  /** @param {Phase} phase @param {unknown} thrown */
  constructor(phase, thrown) {
    this.phase = phase;
    this.thrown = thrown;
  }
}

/** Do `work`; whatever it throws comes out marked with `phase` (the innermost one counts).
 * @template T
 * @param {Phase} phase
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>} */
export async function during(phase, work) {
  try {
    return await work();
  } catch (thrown) {
    throw thrown instanceof InPhase ? thrown : new InPhase(phase, thrown);
  }
}

/** What was thrown with another reason, in the phase in which it was.
 * @param {unknown} caught @param {Error} reason @returns {unknown} */
export function inPlaceOf(caught, reason) {
  return caught instanceof InPhase ? new InPhase(caught.phase, reason) : reason;
}

/** Anything thrown, as the answer that says so.
 * @param {unknown} caught
 * @returns {import("./wire.js").Broke} */
export function broke(caught) {
  const { phase, thrown } = caught instanceof InPhase ? caught : new InPhase("start", caught);
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return {
    kind: "failure",
    phase,
    name: error.name,
    message: error.message,
    stack: error.stack ?? "",
  };
}
