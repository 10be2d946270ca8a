// @ts-check
/** Dawn, Chromium's own WebGPU, as a module of Node: the same calls without a browser around them. */

/** @typedef {import("../wire.js").DawnAddress} DawnAddress */
/** @typedef {{ create: (options: readonly string[]) => GPU, globals: object }} Dawn */

/** What the module gives must not be collected: promises of the GPU's are kept by nobody else.
 * @type {GPU[]} */
const made = [];

/** @param {DawnAddress} address @returns {Promise<GPU>} */
export async function dawn({ module_url, toggles }) {
  const { create, globals } = /** @type {Dawn} */ (await import(module_url));
  Object.assign(globalThis, globals);
  const gpu = create(toggles);
  made.push(gpu);
  return gpu;
}

/** While a promise is pending, Dawn's module looks for its end without a pause, and so takes a core from whatever else
 * computes: a GPU of software became 1.9 times slower by it. So every look is followed by a rest, by which a wait may
 * become that much longer. */
const REST_MS = 0.2;
const cell = new Int32Array(new SharedArrayBuffer(4));
let pending = 0;
/** Whether a look is on its way: the next wait may begin before the last one's look finds that it is over, and one
 * more row of looks for each wait would make every wait longer than the one before. */
let looking = false;

function rest() {
  looking = pending > 0;
  if (!looking) return;
  Atomics.wait(cell, 0, 0, REST_MS);
  setImmediate(rest);
}

/** @template T @param {Promise<T>} promise @returns {Promise<T>} */
export async function resting(promise) {
  pending += 1;
  if (!looking) setImmediate(rest);
  looking = true;
  try {
    return await promise;
  } finally {
    pending -= 1;
  }
}
