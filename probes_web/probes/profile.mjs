// @ts-check
/** Runs without the profiler and with it, in turn, in one realm: per-node times, and what looking costs. */

import { overheard } from "../overheard.mjs";
import { during } from "../phases.mjs";
import { perRun, profileEvents } from "../profile_events.mjs";
import { createSession, fetchFeeds, fetchModel, loadRuntime, timedRun, warmUp } from "../runtime.mjs";
import { openHere } from "../session.mjs";
import { nextTurn } from "../turns.mjs";

/** @typedef {import("../wire.js").ProfileTask} ProfileTask */
/** @typedef {import("../wire.js").OpenTask} OpenTask */

/** The profiler keeps a million events and drops the rest, and printing them takes longer than running: its warm-up
 * has a ceiling of its own. What the first session ran is compiled by now; only the profiler's own code is not. */
const MOST_WARMUP_RUNS = 40;

/** @type {import("../probe.js").Probe<ProfileTask>} */
export const probe = {
  where: ({ open }) => (open.where === "worker" ? "worker" : "main"),

  async run({ open, runs }) {
    const { session, feeds } = openHere();
    const { result: profiled, lines } = await overheard(() => openProfiled(open));
    await warmUp(profiled.session, profiled.feeds, {
      ...open,
      most_runs: Math.max(open.warmup_runs, MOST_WARMUP_RUNS),
    });
    const walls = await during("timed", () => inTurn({ session, feeds }, profiled, runs));
    return during("stop", async () => {
      profiled.session.endProfiling(); // prints the profile, line by line
      const times = perRun(profileEvents(lines), runs);
      await profiled.session.release();
      return { kind: "profiled", ...walls, ...times };
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

/** Single runs of both, in turn: a machine that changes its speed by the second would show the change as the
 * profiler's cost.
 * @typedef {{session: import("onnxruntime-web").InferenceSession,
 *   feeds: Record<string, import("onnxruntime-web").Tensor>}} Fed
 * @param {Fed} plain @param {Fed} profiled @param {number} count */
async function inTurn(plain, profiled, count) {
  const unprofiled_ms = [];
  const profiled_ms = [];
  for (let run = 0; run < count; run += 1) {
    unprofiled_ms.push(await timedRun(plain.session, plain.feeds));
    await nextTurn();
    profiled_ms.push(await timedRun(profiled.session, profiled.feeds));
    await nextTurn();
  }
  return { unprofiled_ms, profiled_ms };
}
