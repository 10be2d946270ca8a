// @ts-check
/** What a replayed run is made of: its own waits, runs in another order, and what it reads and writes alone. */

import { now } from "../clock.mjs";
import { alone } from "./alone.mjs";
import { lastDispatch, prepared, unbroken } from "./orders.mjs";
import { difference, places } from "./steady.mjs";

/** @typedef {import("../wire.js").GpuSegment} GpuSegment */
/** @typedef {import("../wire.js").RunParts} RunParts */
/** @typedef {import("./steady.mjs").Ready} Ready */
/** @typedef {import("./steady.mjs").Run} Run */
/** @typedef {import("./replayer.mjs").Wait} Wait */
/** @typedef {import("./trace.mjs").Trace} Trace */

/** No more are measured once they have taken so long, but for the first ones. */
const ENOUGH_MS = 1000;
/** Of a run: a dozen more of slower ones could cost the replay the time that its own runs have. */
const SLOWEST_MS = 4000;
const LEAST = 2;

const NOTHING = {
  whole_ms: [],
  prepared_ms: [],
  unbroken_ms: [],
  reading_ms: [],
  uploading_ms: [],
  answering_ms: [],
  compared_bytes: 0,
  differing_bytes: 0,
};

/** @typedef {"end_waits_ms" | "inner_waits_ms" | "pipelines_ms"} OfRuns */

/** What timed runs waited for, by where in the run.
 * @param {Trace} trace @param {GpuSegment} segment @param {readonly Run[]} runs
 * @returns {Pick<RunParts, OfRuns>} */
export function waited(trace, segment, runs) {
  const { calls } = trace.header;
  const waits = places(segment.begin, lastDispatch(calls, segment) + 1).filter((at) => {
    const op = calls[at]?.op;
    return op === "mapped" || op === "workDone";
  });
  /** @param {Run["waits"]} some */
  const sum = (some) => some.reduce((all, [begin, end]) => all + end - begin, 0);
  return {
    end_waits_ms: runs.map((run) => sum(run.waits.slice(waits.length))),
    inner_waits_ms: runs.map((run) => sum(run.waits.slice(0, waits.length))),
    pipelines_ms: runs.map((run) => run.pipelines_ms),
  };
}

/** All else, in turn, each so many times at the most and once before to warm up. What cannot be had is empty, and says
 * why: the timed runs count all the same.
 * @param {Ready} ready @param {Trace} trace @param {GpuSegment} segment @param {{ most: number, wait: Wait }} how
 * @returns {Promise<Omit<RunParts, OfRuns | "setup_pipelines_ms">>} */
export async function parted(ready, trace, segment, { most, wait }) {
  const { stage } = ready;
  const [device] = stage.held.devices.all();
  if (most === 0 || device === undefined) {
    return { ...NOTHING, why: "nobody asked for them" };
  }
  /** @type {{ [name in "whole_ms" | "prepared_ms" | "unbroken_ms" | "reading_ms" | "uploading_ms" | "answering_ms"]:
   *   number[] }} */
  const found = { whole_ms: [], prepared_ms: [], unbroken_ms: [], reading_ms: [], uploading_ms: [], answering_ms: [] };
  const { calls } = trace.header;
  const orders = { prepared: prepared(calls, segment), unbroken: unbroken(calls, segment) };
  const compared = { compared: 0, differing: 0 };
  /** @param {readonly import("./steady.mjs").Read[]} reads */
  function compare(reads) {
    const one = difference(trace, reads);
    compared.compared += one.compared;
    compared.differing += one.differing;
  }
  /** @param {Promise<Run>} run */
  async function timed(run) {
    const { began, ended, reads } = await run;
    compare(reads);
    return ended - began;
  }
  const before = new Set(stage.errors);
  try {
    const single = alone(device, trace, segment, wait);
    let began = now();
    for (let pass = -1; pass < most && (pass < LEAST || now() - began < ENOUGH_MS); pass += 1) {
      const whole_ms = await timed(ready.run());
      if (whole_ms > SLOWEST_MS) return { ...NOTHING, why: `a run takes longer than ${SLOWEST_MS / 1000} s` };
      const prepared_ms = await timed(ready.runAs(orders.prepared));
      const unbroken_ms = orders.unbroken === null ? null : await timed(ready.runAs(orders.unbroken));
      const reading = await single.reading();
      compare(reading.reads);
      const [uploading_ms, answering_ms] = [await single.uploading(), await single.answering()];
      if (pass < 0) {
        began = now();
        continue;
      }
      found.whole_ms.push(whole_ms);
      found.prepared_ms.push(prepared_ms);
      if (unbroken_ms !== null) found.unbroken_ms.push(unbroken_ms);
      found.reading_ms.push(reading.ms);
      found.uploading_ms.push(uploading_ms);
      found.answering_ms.push(answering_ms);
    }
  } catch (thrown) {
    return { ...NOTHING, why: `they could not be measured: ${String(thrown)}` };
  }
  const [error] = [...stage.errors].filter((one) => !before.has(one));
  if (error !== undefined) return { ...NOTHING, why: `the GPU refused a run in another order: ${error}` };
  return { ...found, compared_bytes: compared.compared, differing_bytes: compared.differing, why: "" };
}
