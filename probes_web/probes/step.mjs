// @ts-check
/** A model's life in steps, with a rest after each: somebody outside looks meanwhile at what the page holds. */

import { now } from "../clock.mjs";
import { countingBuffers } from "../gpu/buffers.mjs";
import { news } from "../gpu/trouble.mjs";
import { leftBy } from "../left.mjs";
import { withMemories } from "../memories.mjs";
import { during } from "../phases.mjs";
import { createSession, fetchFeeds, fetchModel, loadRuntime, timedRun } from "../runtime.mjs";
import { nextTurn } from "../turns.mjs";
import { writtenSince } from "../written.mjs";

const ORDER = "load, create, run, scan, release";

/** @typedef {import("../wire.js").StepTask} StepTask */
/** @typedef {import("../runtime.mjs").Ort} Ort */
/** @typedef {{ ort: Ort, feeds: Record<string, import("onnxruntime-web").Tensor> }} Loaded */

/** @type {Loaded | null} */
let loaded = null;
/** @type {import("../runtime.mjs").Model | null} */
let model = null;
/** @type {import("onnxruntime-web").InferenceSession | null} */
let session = null;
/** @type {Set<WebAssembly.Memory>} */
const memories = new Set();
/** @type {(() => number) | null} */
let written = null;
let heap_written_bytes = 0;
/** @type {(() => import("../wire.js").GpuBuffers) | null} */
let buffers = null;

/** @type {Readonly<Record<StepTask["step"], (task: StepTask) => Promise<void>>>} */
const STEPS = {
  async load({ open }) {
    const ort = await loadRuntime(open.ort_url, open);
    loaded = { ort, feeds: await fetchFeeds(ort, open) };
    model = await fetchModel(open);
  },

  async create({ open, arena }) {
    const { ort } = leftBy(loaded, ORDER);
    const made = await withMemories(() => createSession(ort, open, leftBy(model, ORDER), { enableCpuMemArena: arena }));
    for (const memory of made.memories) memories.add(memory);
    session = made.result;
    model = null; // as a page does that has no more use for the file
  },

  async run({ runs }) {
    const { feeds } = leftBy(loaded, ORDER);
    for (let run = 0; run < runs; run += 1) {
      await during("timed", () => timedRun(leftBy(session, ORDER), feeds));
      await nextTurn();
    }
  },

  async scan() {
    heap_written_bytes = written?.() ?? 0;
    written ??= writtenSince(memories);
  },

  async release() {
    await during("stop", () => leftBy(session, ORDER).release());
    session = null;
  },
};

/** @type {import("../probe.js").Probe<StepTask>} */
export const probe = {
  where: ({ open }) => (open.where === "worker" ? "worker" : "main"),

  async run(task) {
    if (task.open.provider === "webgpu" && globalThis.GPU !== undefined) buffers ??= countingBuffers();
    const began = now();
    await STEPS[task.step](task);
    const took_ms = now() - began;
    await news();
    return {
      kind: "stepped",
      took_ms,
      threads: loaded?.ort.env.wasm.numThreads ?? 1,
      wasm_heap_bytes: [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
      heap_written_bytes,
      gpu_buffers: buffers?.() ?? null,
    };
  },
};
