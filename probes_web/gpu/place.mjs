// @ts-check
/** Whose WebGPU a task is for: the page's, or that of Dawn under Node. */

import { Refusal } from "./refusal.mjs";

/** @typedef {import("../wire.js").DawnAddress} DawnAddress */

/** @typedef {object} Place
 * @property {GPU} gpu
 * @property {import("./replayer.mjs").Wait} wait */

/** @param {DawnAddress | null} address @returns {Promise<Place>} */
export async function place(address) {
  if (address !== null) {
    const { dawn, resting } = await import("./dawn.mjs");
    return { gpu: await dawn(address), wait: resting };
  }
  return { gpu: pagesOwn(), wait: (promise) => promise };
}

/** The browser's. @returns {GPU} */
export function pagesOwn() {
  const gpu = /** @type {GPU | undefined} */ (globalThis.navigator?.gpu);
  if (gpu === undefined) throw new Refusal("this browser has no WebGPU, or keeps it from this page");
  return gpu;
}

/** @param {GPU} gpu @param {string} power  `powerPreference`; empty: none @returns {Promise<GPUAdapter>} */
export async function adapterOf(gpu, power = "") {
  const preference = power === "" ? {} : { powerPreference: /** @type {GPUPowerPreference} */ (power) };
  const adapter = await gpu.requestAdapter(preference);
  if (adapter === null) throw new Refusal("WebGPU has no adapter here");
  return adapter;
}
