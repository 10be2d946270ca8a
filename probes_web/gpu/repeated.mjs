// @ts-check
/** The steady run of a recording over and over, timed. */

import { exchanged } from "./exchanged.mjs";
import { difference } from "./steady.mjs";

/** @typedef {import("../wire.js").GpuSegment} GpuSegment */
/** @typedef {import("./steady.mjs").Comparison} Comparison */
/** @typedef {import("./steady.mjs").Ready} Ready */
/** @typedef {import("./steady.mjs").Run} Run */
/** @typedef {import("./trace.mjs").Trace} Trace */

/** Runs on another input between the timed ones end when they have taken so long, but for the first one. */
const PROVING_MS = 1000;

/** @typedef {object} Repeated
 * @property {readonly Run[]} runs  timed ones, without what they read
 * @property {{ total_ms: number[], encode_ms: number[], submit_to_map_ms: number[] }} times  of these
 * @property {number} proven  of these, so many began with another input's results in the buffers
 * @property {Comparison} compared  of all runs on the recorded input
 * @property {Comparison} control  of the first run, which is on another one: the same would prove nothing */

/** @param {Ready} ready @param {Trace} trace @param {GpuSegment} segment
 * @param {{ warmup: number, iterations: number }} how @returns {Promise<Repeated>} */
export async function repeated(ready, trace, segment, { warmup, iterations }) {
  const { watch } = ready.stage;
  /** @type {Repeated["times"]} */
  const times = { total_ms: [], encode_ms: [], submit_to_map_ms: [] };
  /** @type {Run[]} */
  const runs = [];
  const compared = { compared: 0, differing: 0 };
  let [proven, proving_ms] = [0, 0];
  const control = difference(trace, (await exchanged(ready, segment)).reads);
  for (let iteration = 0; iteration < warmup + iterations; iteration += 1) {
    if (iteration >= warmup && proving_ms < PROVING_MS) {
      const { began, ended } = await exchanged(ready, segment);
      proving_ms += ended - began;
      proven += 1;
    }
    const one = await ready.run();
    const { submitted_ms, mapped_ms } = watch;
    const found = difference(trace, one.reads);
    compared.compared += found.compared;
    compared.differing += found.differing;
    if (iteration < warmup) continue;
    times.total_ms.push(one.ended - one.began);
    times.encode_ms.push(submitted_ms - one.began);
    times.submit_to_map_ms.push(mapped_ms - submitted_ms);
    runs.push({ ...one, reads: [] });
  }
  return { runs, times, proven, compared, control };
}
