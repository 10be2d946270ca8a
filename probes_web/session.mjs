// @ts-check
/** What this realm has open between tasks: a session of its own, or a worker that holds one. */

/** @typedef {import("onnxruntime-web").InferenceSession} InferenceSession */
/** @typedef {import("onnxruntime-web").Tensor} Tensor */

/** @typedef {object} Here
 * @property {"here"} place
 * @property {InferenceSession} session
 * @property {Record<string, Tensor>} feeds */

/** One run, ms: alone, and with all that its thread had to do for it.
 * @typedef {{ run_ms: number, at_work_ms: number }} Ran */

/** @typedef {object} Elsewhere
 * @property {"worker"} place
 * @property {(door: number) => Promise<Ran>} run  one run in the worker, asked for by that door */

/** @type {Here | Elsewhere | null} */
let opened = null;

/** Put what is open in the place of whatever was.
 * @param {Here | Elsewhere} next @returns {Promise<void>} */
export async function keep(next) {
  const before = opened;
  opened = next;
  if (before?.place === "here") await before.session.release();
}

/** @returns {Here | Elsewhere} */
export function open() {
  if (opened === null) throw new Error("no session is open: an `open` task comes first");
  return opened;
}

/** The session of this very realm.
 * @returns {Here} */
export function openHere() {
  const found = open();
  if (found.place !== "here") throw new Error("the session is open in a worker, not in this realm");
  return found;
}
