// @ts-check
/** What a replayed run is made of: its own waits, runs in another order, and what it reads and writes alone. */

import { now } from "../clock.mjs";
import { alone } from "./alone.mjs";
import { exchanged, inTurn } from "./exchanged.mjs";
import { compiled, lastDispatch, prepared, unbroken } from "./orders.mjs";
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
const TOO_SLOW = `a run takes longer than ${SLOWEST_MS / 1000} s`;
const NO_PROOF = "another input gives the same bytes, so nothing would show whether a run computes";

/** No time of any.
 * @returns {{ [name in Again | "reading_ms" | "uploading_ms" | "answering_ms"]: number[] }} */
const noTimes = () => ({
  whole_ms: [],
  prepared_ms: [],
  compiled_ms: [],
  unbroken_ms: [],
  reading_ms: [],
  uploading_ms: [],
  answering_ms: [],
});
const NOTHING = { ...noTimes(), compared_bytes: 0, differing_bytes: 0 };

/** @typedef {"end_waits_ms" | "inner_waits_ms" | "pipelines_ms"} OfRuns */
/** @typedef {"proven_runs" | "control_compared_bytes" | "control_differing_bytes"} OfControl */
/** Runs, each on the input that the one before was not on.
 * @typedef {"whole_ms" | "prepared_ms" | "compiled_ms" | "unbroken_ms"} Again */

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
 * @returns {Promise<Omit<RunParts, OfRuns | OfControl | "setup_pipelines_ms">>} */
export async function parted(ready, trace, segment, { most, wait }) {
  const { stage } = ready;
  const [device] = stage.held.devices.all();
  if (most === 0 || device === undefined) {
    return { ...NOTHING, why: "nobody asked for them" };
  }
  const found = noTimes();
  const before = new Set(stage.errors);
  const read = { compared: 0, differing: 0 };
  try {
    const other = await exchanged(ready, segment);
    if (other.ended - other.began > SLOWEST_MS) return { ...NOTHING, why: TOO_SLOW };
    if (difference(trace, other.reads).differing === 0) return { ...NOTHING, why: NO_PROOF };
    const turns = inTurn(ready, trace, segment, other);
    const orders = ordersOf(ready, trace, segment);
    const single = alone(device, trace, segment, wait);
    let began = now();
    for (let pass = -1; pass < most && (pass < LEAST || now() - began < ENOUGH_MS); pass += 1) {
      /** @type {Partial<Record<Again, number>>} */
      const took = {};
      for (const [name, order] of orders) {
        const { began, ended } = await turns.next(order);
        took[name] = ended - began;
      }
      orders.reverse(); // else one order would always be on the same input
      if ((took.whole_ms ?? 0) > SLOWEST_MS) return { ...NOTHING, why: TOO_SLOW };
      const reading = await single.reading();
      const one = difference(trace, reading.reads);
      read.compared += one.compared;
      read.differing += one.differing;
      const [uploading_ms, answering_ms] = [await single.uploading(), await single.answering()];
      if (pass < 0) {
        began = now();
        continue;
      }
      for (const [name] of orders) found[name].push(/** @type {number} */ (took[name]));
      found.reading_ms.push(reading.ms);
      found.uploading_ms.push(uploading_ms);
      found.answering_ms.push(answering_ms);
    }
    read.compared += turns.compared.compared;
    read.differing += turns.compared.differing;
  } catch (thrown) {
    return { ...NOTHING, why: `they could not be measured: ${String(thrown)}` };
  }
  const [error] = [...stage.errors].filter((one) => !before.has(one));
  if (error !== undefined) return { ...NOTHING, why: `the GPU refused a run in another order: ${error}` };
  return { ...found, compared_bytes: read.compared, differing_bytes: read.differing, why: "" };
}

/** Whole runs, and those that are held against them.
 * @param {Ready} ready @param {Trace} trace @param {GpuSegment} segment */
function ordersOf(ready, { header }, segment) {
  /** @type {[Again, import("./steady.mjs").Order][]} */
  const found = [
    ["whole_ms", ready.whole],
    ["prepared_ms", prepared(header.calls, segment)],
  ];
  const without_compiling = compiled(header.calls, segment);
  if (without_compiling !== null) found.push(["compiled_ms", without_compiling]);
  const without_stops = unbroken(header.calls, segment);
  if (without_stops !== null) found.push(["unbroken_ms", without_stops]);
  return found;
}
