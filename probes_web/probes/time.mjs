// @ts-check
/** Time what is open. Nothing is done in the timed stretch but what a page without gapprof would do. */

import { now } from "../clock.mjs";
import { orGpuTrouble } from "../gpu/trouble.mjs";
import { during } from "../phases.mjs";
import { timedRun } from "../runtime.mjs";
import { mulberry32 } from "../seeded.mjs";
import { open, openHere } from "../session.mjs";
import { nextTurn, WAYS, wokenAt } from "../turns.mjs";

/** @typedef {import("../wire.js").TimeTask} TimeTask */

/** @type {import("../probe.js").Probe<TimeTask>} */
export const probe = {
  // Requests come from the page, so they are asked for and waited for on its main thread; or the worker asks itself.
  where: (task) => (open().place === "here" || askedByThePage(task) ? "main" : "worker"),

  run: (task) => during("timed", () => orGpuTrouble(() => (task.requests > 0 ? paced(task) : backToBack(task)))),
};

/** @param {TimeTask} task */
function askedByThePage({ requests, requests_from }) {
  return requests > 0 && requests_from === "page";
}

/** Of runs between two turns of the event loop: a turn's own work, a third of a ms, is none of the model's. */
const BETWEEN_TURNS_MS = 40;

/** Batches back to back, in the realm that holds the session; a turn of the event loop between those that lasted long
 * enough. The first batch is not timed, as natively: what came between warm-up and timing has left cold caches. Short
 * runs go on until they were timed for long enough.
 * @param {TimeTask} task @returns {Promise<import("../wire.js").Timed>} */
async function backToBack({ batch, samples, least_ms }) {
  const { session, feeds } = openHere();
  const oneBatch = async () => {
    const begin = now();
    for (let run = 0; run < batch; run += 1) await session.run(feeds);
    return now() - begin;
  };
  let busy_ms = await oneBatch();
  await nextTurn();
  const samples_ms = [];
  const began = now();
  let since_ms = 0;
  for (let sample = 0; sample < samples || now() - began < least_ms; sample += 1) {
    const batch_ms = await oneBatch();
    samples_ms.push(batch_ms / batch);
    busy_ms += batch_ms;
    since_ms += batch_ms;
    if (since_ms < BETWEEN_TURNS_MS) continue;
    await nextTurn();
    since_ms = 0;
  }
  return { kind: "timed", samples_ms, requests_ms: [], runs_ms: [], ways: 1, stretch_ms: now() - began, busy_ms };
}

/** One request after the other, each due a think time after the last result. It is timed from when it was due, so
 * that waiting for a busy thread counts, the page's main one or the worker's that asks by itself: a loop of
 * `await run()` would hide it.
 * @param {TimeTask} task @returns {Promise<import("../wire.js").Timed>} */
async function paced({ requests, think_ms, seed, marks, first }) {
  const random = mulberry32(seed);
  const run = runner();
  const requests_ms = [];
  const runs_ms = [];
  let busy_ms = 0;
  for (let earlier = 0; earlier < first; earlier += 1) random();
  const began = now();
  for (let request = first; request < first + requests; request += 1) {
    await nextTurn(); // a timer armed by a timer's task is held back to 4 ms, which would read as lateness
    const due = now() + thinkTime(think_ms, random);
    await wokenAt(due, request);
    const asked = now();
    const { run_ms, at_work_ms } = await run(request % WAYS);
    const answered = now();
    runs_ms.push(run_ms);
    busy_ms += at_work_ms;
    requests_ms.push(answered - due);
    if (marks) mark(due, asked, answered, run_ms);
  }
  return { kind: "timed", samples_ms: [], requests_ms, runs_ms, ways: WAYS, stretch_ms: now() - began, busy_ms };
}

/** Whole ms, because timers know nothing finer: a fraction would be cut off and read as lateness.
 * @param {readonly [number, number]} range @param {() => number} random */
function thinkTime([least, most], random) {
  return Math.round(least + random() * (most - least));
}

/** @returns {(way: number) => Promise<import("../session.mjs").Ran>} */
function runner() {
  const opened = open();
  if (opened.place === "worker") return opened.run;
  return async () => {
    const run_ms = await timedRun(opened.session, opened.feeds);
    return { run_ms, at_work_ms: run_ms };
  };
}

/** The run in a worker has its own clock; it is marked as if it had begun when it was asked for.
 * @param {number} due @param {number} asked @param {number} answered @param {number} run_ms */
function mark(due, asked, answered, run_ms) {
  const ran = Math.min(answered, asked + run_ms);
  performance.measure("gapprof:request", { start: due, end: answered });
  performance.measure("gapprof:run", { start: asked, end: ran });
  performance.measure("gapprof:waiting", { start: due, end: asked });
  performance.measure("gapprof:waiting", { start: ran, end: answered });
}
