// @ts-check
/** Whether the GPU ran out of memory, or its device was lost. WebGPU throws nothing for either: whatever is made of a
 * buffer that was not to be had fails later, in words of its own, or reads zeros, and so does what waits for a device
 * that is gone; only the device reports what it was. */

import { inPlaceOf } from "../phases.mjs";
import { around } from "./listening.mjs";

/** The report may come a moment after what it makes fail. */
const NEWS_MS = 50;

/** Ends a task; trouble.py knows it by this name, which is WebGPU's own for it. */
class OutOfGpuMemory extends Error {
  /** @override */
  name = "GPUOutOfMemoryError";
}

/** Ends a task; trouble.py knows it by its words. */
class LostDevice extends Error {
  /** @param {string} why */
  constructor(why) {
    super(`the GPU device was lost (${why})`);
  }
}

/** Devices of this realm that are listened to. */
let heeded = 0;

/** What they said of memory; empty: nothing. */
let told = "";

/** Why the newest of them is gone; empty: it is not. */
let lost = "";

/** Listen to every device that is asked for within this work, and to no other: what becomes of a page's own device is
 * its own affair. One that the page happens to ask for meanwhile cannot be told from ours. Nothing is added to any other
 * call, and afterwards the method is as it was.
 * @template T
 * @param {() => Promise<T>} work @returns {Promise<T>} */
export async function heeding(work) {
  if (globalThis.GPUAdapter === undefined) return work();
  const undo = around(GPUAdapter.prototype, "requestDevice", (call) => {
    const asked = call();
    asked.then(heed, () => undefined);
    return asked;
  });
  try {
    return await work();
  } finally {
    undo();
  }
}

/** @param {GPUDevice} device */
function heed(device) {
  heeded += 1;
  lost = "";
  void device.lost.then(({ reason, message }) => void (lost = message || reason));
  device.addEventListener("uncapturederror", ({ error }) => {
    if (error instanceof GPUOutOfMemoryError) told ||= error.message || "it does not say of what";
  });
}

/** Whatever comes of work that ran out of memory, that is the reason, and no result of it counts; of work that fails
 * on a device that is gone, that it is. Where work went well nothing is waited for: it may be timed from outside.
 * @template T
 * @param {() => T | Promise<T>} work @returns {Promise<T>} */
export async function orGpuTrouble(work) {
  let result;
  try {
    result = await work();
  } catch (thrown) {
    throw await reasonOf(thrown);
  }
  if (told !== "") throw new OutOfGpuMemory(told);
  return result;
}

/** Why that was thrown, in the phase in which it was.
 * @param {unknown} thrown @returns {Promise<unknown>} */
async function reasonOf(thrown) {
  await news();
  if (told !== "") return inPlaceOf(thrown, new OutOfGpuMemory(told));
  return lost === "" ? thrown : inPlaceOf(thrown, new LostDevice(lost));
}

/** Once work is done that went well: what devices may still have to say of it. Never within what is timed. */
export async function news() {
  if (heeded > 0 && told === "") await new Promise((resolve) => setTimeout(resolve, NEWS_MS));
}
