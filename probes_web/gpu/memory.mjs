// @ts-check
/** Whether the GPU ran out of memory. WebGPU throws nothing for it: whatever is made of a buffer that was not to be had
 * fails later, in words of its own, or reads zeros; only the device reports what it was. */

/** The report may come a moment after what it makes fail. */
const NEWS_MS = 50;

/** Ends a task; trouble.py knows it by this name, which is WebGPU's own for it. */
class OutOfGpuMemory extends Error {
  /** @override */
  name = "GPUOutOfMemoryError";
}

/** What devices of this realm said; empty: nothing. */
let told = "";

/** Listen to every device that is asked for from now on. Nothing is added to any other call. */
export function heedMemory() {
  if (globalThis.GPUAdapter === undefined) return;
  const prototype = GPUAdapter.prototype;
  const ask = prototype.requestDevice;
  prototype.requestDevice = async function (...given) {
    const device = await ask.apply(this, given);
    device.addEventListener("uncapturederror", ({ error }) => {
      if (error instanceof GPUOutOfMemoryError) told ||= error.message || "it does not say of what";
    });
    return device;
  };
}

/** Whatever comes of work that ran out of memory, that is the reason, and no result of it counts.
 * @template T
 * @param {() => Promise<T>} work @returns {Promise<T>} */
export async function orOutOfMemory(work) {
  try {
    const result = await work();
    if (told !== "") throw new OutOfGpuMemory(told);
    return result;
  } catch (thrown) {
    if (told === "") await new Promise((resolve) => setTimeout(resolve, NEWS_MS));
    throw told === "" ? thrown : new OutOfGpuMemory(told);
  }
}
