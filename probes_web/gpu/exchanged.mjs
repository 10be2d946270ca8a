// @ts-check
/** Runs on an exchanged input. Buffers keep what the run before left there, so a run that computes nothing reads that;
 * behind a run on another input it reads what is not its own. */

import { difference, differenceFrom } from "./steady.mjs";

/** @typedef {import("../wire.js").GpuCall} GpuCall */
/** @typedef {import("../wire.js").GpuSegment} GpuSegment */
/** @typedef {import("./steady.mjs").Comparison} Comparison */
/** @typedef {import("./steady.mjs").Order} Order */
/** @typedef {import("./steady.mjs").Ready} Ready */
/** @typedef {import("./steady.mjs").Run} Run */
/** @typedef {import("./trace.mjs").Trace} Trace */

/** One run whose inputs are not the recorded ones.
 * @param {Ready} ready @param {GpuSegment} segment @param {Order} [order] @returns {Promise<Run>} */
export async function exchanged(ready, segment, order = ready.whole) {
  ready.stage.spoil(new Set(segment.spoilt));
  try {
    return await ready.runAs(order);
  } finally {
    ready.stage.spoil(new Set());
  }
}

/** @typedef {object} InTurn
 * @property {(order: Order) => Promise<Run>} next  on the input that the run before was not on
 * @property {Comparison} compared  with what its input gives, so far */

/** The recorded input and the exchanged one in turn: either kind of run proves the other.
 * @param {Ready} ready @param {Trace} trace @param {GpuSegment} segment
 * @param {Run} other  the run before these, on the exchanged input @returns {InTurn} */
export function inTurn(ready, trace, segment, other) {
  /** @type {ReadonlyMap<GpuCall, Uint8Array>} */
  const given = new Map(other.reads.map(({ call, bytes }) => [call, bytes]));
  const compared = { compared: 0, differing: 0 };
  let recorded = false;
  return {
    compared,
    async next(order) {
      recorded = !recorded;
      const run = recorded ? await ready.runAs(order) : await exchanged(ready, segment, order);
      const one = recorded
        ? difference(trace, run.reads)
        : differenceFrom(run.reads, ({ call, blob }) => given.get(call) ?? trace.bytes(blob));
      compared.compared += one.compared;
      compared.differing += one.differing;
      return run;
    },
  };
}
