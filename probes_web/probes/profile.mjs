// @ts-check
/** Runs without the profiler, then the same runs with it, in one realm: per-node times, and what looking costs. */

import { nextTurn } from "../clock.mjs";
import { overheard } from "../overheard.mjs";
import { during } from "../phases.mjs";
import { perRun, profileEvents } from "../profile_events.mjs";
import { createSession, fetchFeeds, fetchModel, loadRuntime, timedRun, warmUp } from "../runtime.mjs";
import { openHere } from "../session.mjs";

/** @typedef {import("../wire.js").ProfileTask} ProfileTask */
/** @typedef {import("../wire.js").OpenTask} OpenTask */

/** The profiler keeps a million events and drops the rest, so its warm-up has a ceiling of its own. */
const MOST_WARMUP_RUNS = 200;

/** @type {import("../probe.js").Probe<ProfileTask>} */
export const probe = {
  where: ({ open }) => (open.where === "worker" ? "worker" : "main"),

  async run({ open, runs }) {
    const { session, feeds } = openHere();
    const unprofiled_ms = await during("timed", () => singleRuns(session, feeds, runs));
    const { result: profiled, lines } = await overheard(() => openProfiled(open));
    await warmUp(profiled.session, profiled.feeds, {
      ...open,
      most_runs: Math.max(open.warmup_runs, MOST_WARMUP_RUNS),
    });
    const profiled_ms = await during("timed", () => singleRuns(profiled.session, profiled.feeds, runs));
    return during("stop", async () => {
      profiled.session.endProfiling(); // prints the profile, line by line
      const times = perRun(profileEvents(lines), runs);
      await profiled.session.release();
      return { kind: "profiled", unprofiled_ms, profiled_ms, ...times };
    });
  },
};

/** A second onnxruntime-web: the first has bound the console that was there when it started.
 * @param {OpenTask} task */
async function openProfiled(task) {
  const url = `${task.ort_url}${task.ort_url.includes("?") ? "&" : "?"}profiled`;
  const ort = await loadRuntime(url, task);
  const session = await createSession(ort, task, await fetchModel(task), { enableProfiling: true });
  return { session, feeds: await fetchFeeds(ort, task) };
}

/** @param {import("onnxruntime-web").InferenceSession} session
 * @param {Record<string, import("onnxruntime-web").Tensor>} feeds @param {number} count */
async function singleRuns(session, feeds, count) {
  const runs_ms = [];
  for (let run = 0; run < count; run += 1) {
    runs_ms.push(await timedRun(session, feeds));
    await nextTurn();
  }
  return runs_ms;
}
