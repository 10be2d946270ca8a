// @ts-check
/** Runs without the profiler and with it, in one realm: per-node times, and what looking costs. Two sessions that take
 * turns run by run evict each other's weights, so the runs of each come in blocks. */

import { overheard } from "../overheard.mjs";
import { during } from "../phases.mjs";
import { perRun, profileEvents } from "../profile_events.mjs";
import { createSession, fetchFeeds, fetchModel, loadRuntime, timedRun, warmUp } from "../runtime.mjs";
import { openHere } from "../session.mjs";
import { nextTurn } from "../turns.mjs";

/** @typedef {import("../wire.js").ProfileTask} ProfileTask */
/** @typedef {import("../wire.js").OpenTask} OpenTask */
/** @typedef {{session: import("onnxruntime-web").InferenceSession,
 *   feeds: Record<string, import("onnxruntime-web").Tensor>}} Fed */

/** @type {import("../probe.js").Probe<ProfileTask>} */
export const probe = {
  where: ({ open }) => (open.where === "worker" ? "worker" : "main"),

  /** The profiler keeps a million events and drops the rest, and printing them takes longer than running: its warm-up
   * has a ceiling of its own. What the first session ran is compiled by now; only the profiler's own code is not. */
  async run({ open, blocks, runs, most_warmup_runs }) {
    const plain = openHere();
    const { profiled, lines } = await openProfiled(open);
    const warmedUp = await warmUp(profiled.session, profiled.feeds, {
      ...open,
      most_runs: Math.max(open.warmup_runs, most_warmup_runs),
    });
    const walls = await during("timed", () => inBlocks(plain, profiled, { blocks, runs }));
    return during("stop", async () => {
      profiled.session.endProfiling(); // prints the profile, line by line
      const made = warmedUp.length + blocks * (1 + runs);
      const times = perRun(profileEvents(lines), { blocks, runs, made });
      await profiled.session.release();
      return { kind: "profiled", ...walls, ...times };
    });
  },
};

/** What the profiling runtime of this realm prints.
 * @type {readonly string[] | null} */
let printed = null;

/** A session of a second onnxruntime-web, the same for all profiles of this realm: the first one has bound the console
 * that was there when its first session started, this one binds what is overheard then.
 * @param {OpenTask} task */
async function openProfiled(task) {
  const url = `${task.ort_url}${task.ort_url.includes("?") ? "&" : "?"}profiled`;
  const { result: profiled, lines } = await overheard(async () => {
    const ort = await loadRuntime(url, task);
    const session = await createSession(ort, task, await fetchModel(task), { enableProfiling: true });
    return { session, feeds: await fetchFeeds(ort, task) };
  });
  printed ??= lines;
  return { profiled, lines: printed };
}

/** Single runs of both, block by block; every second pair of blocks the other way round, so that a machine that
 * changes its speed shows the change on both sides.
 * @param {Fed} plain @param {Fed} profiled @param {{ blocks: number, runs: number }} counts */
async function inBlocks(plain, profiled, { blocks, runs }) {
  /** @type {number[]} */
  const unprofiled_ms = [];
  /** @type {number[]} */
  const profiled_ms = [];
  const sides = [
    { fed: plain, times_ms: unprofiled_ms },
    { fed: profiled, times_ms: profiled_ms },
  ];
  for (let block = 0; block < blocks; block += 1) {
    for (const { fed, times_ms } of sides) times_ms.push(...(await oneBlock(fed, runs)));
    sides.reverse();
  }
  return { unprofiled_ms, profiled_ms };
}

/** The first run brings the caches back and is not counted.
 * @param {Fed} fed @param {number} runs */
async function oneBlock({ session, feeds }, runs) {
  await session.run(feeds);
  const times_ms = [];
  for (let run = 0; run < runs; run += 1) {
    await nextTurn();
    times_ms.push(await timedRun(session, feeds));
  }
  return times_ms;
}
