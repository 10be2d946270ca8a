// @ts-check
/** Runs of a model in a wasm that was rewritten to record the calls of one of its own functions. */

import { send } from "../bytes.mjs";
import { withInstances } from "../instances.mjs";
import { during } from "../phases.mjs";
import { createSession, fetchFeeds, fetchModel, loadRuntime, warmUp } from "../runtime.mjs";

/** @typedef {import("../wire.js").RecordTask} RecordTask */

/** Before which call: none. */
const NEVER = -1;
const PAGE_BITS = 16;

/** @type {import("../probe.js").Probe<RecordTask>} */
export const probe = {
  where: () => "main",

  run: (task) => during("timed", () => recorded(task)),
};

/** @param {RecordTask} task @returns {Promise<import("../wire.js").Recorded>} */
async function recorded({ open, memory, count, target, kept, rows, rows_bytes }) {
  const { exports, session, feeds } = await opened(open, memory);
  const [calls, before] = [exports[count], exports[target]].map((one) => /** @type {WebAssembly.Global} */ (one));
  if (calls === undefined || before === undefined) throw new Error("the module counts no calls");
  await warmUp(session, feeds, open);
  calls.value = 0;
  await session.run(feeds);
  const all = /** @type {number} */ (calls.value);
  const held = Math.min(all, rows);
  if (held === 0) return { kind: "recorded", calls: 0, rows: 0, memory_bytes: 0, kept: [] };
  before.value = held - 1;
  calls.value = 0;
  await session.run(feeds);
  before.value = NEVER;
  const { buffer } = /** @type {WebAssembly.Memory} */ (exports[memory]);
  const memory_bytes = buffer.byteLength - rows_bytes;
  if (memory_bytes <= 0 || memory_bytes >> PAGE_BITS === 0) throw new Error("the memory was not copied");
  await send(/** @type {string} */ (open.outputs_url), [new Uint8Array(buffer)]);
  const values = kept.map((name) => /** @type {number} */ (/** @type {WebAssembly.Global} */ (exports[name]).value));
  return { kind: "recorded", calls: all, rows: held, memory_bytes, kept: values };
}

/** A session, and what the module exports that onnxruntime-web keeps to itself.
 * @param {import("../wire.js").OpenTask} open @param {string} wanted */
async function opened(open, wanted) {
  const { result, instances } = await withInstances(async () => {
    const ort = await loadRuntime(open.ort_url, open);
    const session = await createSession(ort, open, await fetchModel(open));
    return { session, feeds: await fetchFeeds(ort, open) };
  });
  const found = instances.find(({ exports }) => exports[wanted] !== undefined);
  if (found === undefined) throw new Error("onnxruntime-web did not load the rewritten module");
  return { ...result, exports: found.exports };
}
