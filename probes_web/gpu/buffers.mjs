// @ts-check
/** Buffers that a library makes on the GPU, and how they end: destroyed, with their device, or forgotten and collected
 * as garbage. What the GPU's driver takes for them is its own affair. */

import { around } from "./listening.mjs";

/** @typedef {import("../wire.js").GpuBuffers} GpuBuffers */

/** From here on, in this realm; for good.
 * @returns {() => GpuBuffers} what there was so far */
export function countingBuffers() {
  const told = { made: 0, made_bytes: 0, destroyed: 0, destroyed_bytes: 0, collected: 0, collected_bytes: 0 };
  let last = 0;
  /** Those that are alive. @type {Map<number, { bytes: number, device: WeakRef<object> }>} */
  const alive = new Map();
  /** @type {WeakMap<object, number>} */
  const numbers = new WeakMap();
  const forgotten = new FinalizationRegistry((/** @type {number} */ number) => ended(number, "collected"));

  /** @param {number | undefined} number @param {"destroyed" | "collected"} how */
  function ended(number, how) {
    const one = number === undefined ? undefined : alive.get(number);
    if (number === undefined || one === undefined) return;
    alive.delete(number);
    told[how] += 1;
    told[`${how}_bytes`] += one.bytes;
  }

  around(GPUDevice.prototype, "createBuffer", (call, device) => {
    const buffer = /** @type {GPUBuffer} */ (call());
    last += 1;
    numbers.set(buffer, last);
    alive.set(last, { bytes: buffer.size, device: new WeakRef(/** @type {object} */ (device)) });
    forgotten.register(buffer, last);
    told.made += 1;
    told.made_bytes += buffer.size;
    return buffer;
  });
  around(GPUBuffer.prototype, "destroy", (call, self) => {
    call();
    ended(numbers.get(/** @type {object} */ (self)), "destroyed");
  });
  around(GPUDevice.prototype, "destroy", (call, self) => {
    call();
    for (const [number, { device }] of alive) if (device.deref() === self) ended(number, "destroyed");
  });
  return () => ({ ...told });
}
