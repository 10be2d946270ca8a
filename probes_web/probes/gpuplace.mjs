// @ts-check
/** Who runs which node of a model that a page wants on the GPU: onnxruntime's profiler knows. Never part of a recording:
 * a session that is profiled asks other things of the GPU. */

import { adapterOf, pagesOwn } from "../gpu/place.mjs";
import { orRefused } from "../gpu/refusal.mjs";
import { news } from "../gpu/trouble.mjs";
import { overheard } from "../overheard.mjs";
import { during } from "../phases.mjs";
import { perRun, profileEvents, tensors } from "../profile_events.mjs";
import { createSession, fetchFeeds, fetchModel, loadRuntime } from "../runtime.mjs";

/** @typedef {import("../wire.js").GpuPlaceTask} GpuPlaceTask */

/** The first one is not counted. */
const RUNS = 2;
const PROFILED = { executionProviders: ["webgpu"], enableProfiling: true };

/** @type {import("../probe.js").Probe<GpuPlaceTask>} */
export const probe = {
  where: ({ open }) => (open.where === "worker" ? "worker" : "main"),

  run: (task) => orRefused(() => placed(task)),
};

/** @param {GpuPlaceTask} task @returns {Promise<import("../wire.js").GpuPlaced>} */
async function placed({ open }) {
  await adapterOf(pagesOwn());
  const { result: session, lines } = await overheard(async () => {
    const ort = await loadRuntime(open.ort_url, open);
    const made = await createSession(ort, open, await fetchModel(open), PROFILED);
    const feeds = await fetchFeeds(ort, open);
    await during("timed", async () => {
      for (let run = 0; run < RUNS; run += 1) await made.run(feeds);
    });
    return made;
  });
  return during("stop", async () => {
    session.endProfiling(); // prints the profile, line by line
    const events = profileEvents(lines);
    const { nodes } = perRun(events, { blocks: 1, runs: 1, made: RUNS });
    await session.release();
    await news();
    return {
      kind: "gpuplaced",
      nodes: nodes.map(({ name, op_type, provider }) => ({ name, op_type, provider })),
      tensors: tensors(events),
    };
  });
}
