// @ts-check
/** Runs of a model on the GPU with every call of WebGPU recorded. */

import { read, send } from "../bytes.mjs";
import { orLost } from "../gpu/lost.mjs";
import { recorder, packed as packedTrace } from "../gpu/packing.mjs";
import { adapterOf, pagesOwn } from "../gpu/place.mjs";
import { orRefused } from "../gpu/refusal.mjs";
import { news } from "../gpu/trouble.mjs";
import { during } from "../phases.mjs";
import { whereIAm } from "../realm.mjs";
import { createSession, fetchFeeds, fetchModel, loadRuntime, timedRun } from "../runtime.mjs";
import { packed } from "../tensors.mjs";

/** @typedef {import("../wire.js").GpuRecordTask} GpuRecordTask */
/** @typedef {import("../wire.js").OpenTask} OpenTask */

/** @type {import("../probe.js").Probe<GpuRecordTask>} */
export const probe = {
  where: ({ open }) => (open.where === "worker" ? "worker" : "main"),

  run: (task) =>
    orRefused(() => orLost("the model ran", () => recorder()?.told().lost ?? "", () => recorded(task))),
};

/** @param {GpuRecordTask} task @returns {Promise<import("../wire.js").GpuRecorded>} */
async function recorded({ open, runs, most_bytes, trace_url, about }) {
  await adapterOf(pagesOwn()); // else the library says so in words of its own, after it loaded everything
  const book = recorder() ?? (await installed(most_bytes));
  const ort = await loadRuntime(open.ort_url, open);
  const session = await createSession(ort, open, await fetchModel(open), { executionProviders: ["webgpu"] });
  const feeds = await fetchFeeds(ort, open);
  const { outputs, runs_ms } = await during("timed", async () => {
    const runs_ms = [];
    for (let run = 0; run + 1 < runs; run += 1) {
      book.mark(run, "begin");
      runs_ms.push(await timedRun(session, feeds));
      book.mark(run, "end");
    }
    book.mark(runs - 1, "begin");
    const outputs = await session.run(feeds);
    book.mark(runs - 1, "end");
    return { outputs, runs_ms };
  });
  book.stop();
  const version = ort.env.versions.web ?? ort.env.versions.common;
  const inputs = await inputsOf(open);
  const facts = { ...about, browser: navigator.userAgent, "onnxruntime-web": version };
  await during("stop", async () => send(trace_url, await packedTrace(book.told(), facts, inputs)));
  const { parts, slices } = packed(outputs, session.outputNames);
  if (open.outputs_url !== null) await send(open.outputs_url, parts);
  await session.release();
  await news();
  return {
    kind: "gpurecorded",
    outputs: slices,
    runs_ms,
    ort_version: version,
    where: whereIAm(),
  };
}

/** In a worker of ours, which has run nothing yet: what is put in front of its scripts comes too early to see WebGPU.
 * @param {number} most_bytes */
async function installed(most_bytes) {
  Reflect.set(globalThis, Symbol.for("gapprof.gpu.most"), most_bytes);
  await import("../gpu/recorder.mjs");
  const book = recorder();
  if (book === undefined) throw new Error("the recorder found no WebGPU in this realm");
  return book;
}

/** The bytes of each input.
 * @param {OpenTask} open */
async function inputsOf({ inputs_url, inputs }) {
  const block = await read(inputs_url);
  return inputs.map(({ offset, size_bytes }) => new Uint8Array(block, offset, size_bytes));
}
