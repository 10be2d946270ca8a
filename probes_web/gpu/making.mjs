// @ts-check
/** What a library makes on the GPU on its way to a first result, and what it waits for, heard at the few methods that
 * tell it. */

import { now } from "../clock.mjs";
import { covered } from "./course.mjs";
import { around } from "./listening.mjs";

/** @typedef {import("./course.mjs").Stretch} Stretch */
/** @typedef {import("../wire.js").GpuMade} GpuMade */

/** @typedef {object} Making
 * @property {readonly Stretch[]} adapters  each from being asked for until it is there
 * @property {readonly Stretch[]} devices  the same
 * @property {(stage: string, from: number, to: number) => GpuMade} within  of a stretch of time
 * @property {() => void} stop  methods are as they were */

/** From here on, in this realm.
 * @returns {Making} */
export function making() {
  /** @type {{ [kind in "adapters" | "devices" | "shaders" | "pipelines" | "submits" | "waits"]: Stretch[] }} */
  const heard = { adapters: [], devices: [], shaders: [], pipelines: [], submits: [], waits: [] };

  /** @param {Stretch[]} kept */
  const called = (kept) => (/** @type {() => unknown} */ call) => {
    const began = now();
    const result = call();
    kept.push([began, now()]);
    return result;
  };
  /** Until what was asked for is there. @param {Stretch[]} kept */
  const awaited = (kept) => (/** @type {() => any} */ call) => {
    const began = now();
    const promise = call();
    const over = () => void kept.push([began, now()]);
    promise.then(over, over);
    return promise;
  };

  const undo = [
    around(GPU.prototype, "requestAdapter", awaited(heard.adapters)),
    around(GPUAdapter.prototype, "requestDevice", awaited(heard.devices)),
    around(GPUDevice.prototype, "createShaderModule", called(heard.shaders)),
    around(GPUDevice.prototype, "createComputePipeline", called(heard.pipelines)),
    around(GPUDevice.prototype, "createComputePipelineAsync", awaited(heard.pipelines)),
    around(GPUQueue.prototype, "submit", called(heard.submits)),
    around(GPUQueue.prototype, "onSubmittedWorkDone", awaited(heard.waits)),
    around(GPUBuffer.prototype, "mapAsync", awaited(heard.waits)),
  ];

  return {
    adapters: heard.adapters,
    devices: heard.devices,
    within(stage, from, to) {
      const asked = (/** @type {Stretch[]} */ some) => some.filter(([begin]) => begin >= from && begin < to).length;
      return {
        stage,
        shaders: asked(heard.shaders),
        shaders_ms: covered(heard.shaders, from, to),
        pipelines: asked(heard.pipelines),
        pipelines_ms: covered(heard.pipelines, from, to),
        submits: asked(heard.submits),
        waits_ms: covered(heard.waits, from, to),
      };
    },
    stop: () => undo.forEach((back) => back()),
  };
}
