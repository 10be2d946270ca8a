// @ts-check
/** A recording up to its steady run, that run over and over, and what it read compared with what the page read. */

import { now } from "../clock.mjs";
import { orLost } from "./lost.mjs";
import { checked, staged } from "./replayer.mjs";

/** @typedef {import("../wire.js").GpuSegment} GpuSegment */
/** @typedef {import("./replayer.mjs").Stage} Stage */
/** @typedef {import("./replayer.mjs").Wait} Wait */
/** @typedef {import("./trace.mjs").Trace} Trace */

/** @typedef {{ compared: number, differing: number }} Comparison */

/** @typedef {object} Ready
 * @property {Stage} stage
 * @property {number} setup_ms
 * @property {Comparison} compared  what was read on the way
 * @property {() => Promise<{ began: number, ended: number, reads: readonly Read[] }>} run */

/** @typedef {{ blob: number, bytes: Uint8Array }} Read */

const REPLAYED = "the recording was replayed";

/** All calls before the steady run are made, and everything the GPU said of them is heard.
 * @param {GPU} gpu @param {Trace} trace @param {GpuSegment} segment @param {Parameters<typeof staged>[2]} how
 * @returns {Promise<Ready>} */
export async function ready(gpu, trace, segment, how) {
  const stage = staged(gpu, trace, how);
  return orLost(REPLAYED, stage.lost, async () => {
    const began = now();
    await stage.carryOut(0, segment.begin).catch(async (thrown) => {
      await checked(stage, how.wait); // whoever refused has a better sentence
      throw thrown;
    });
    for (const queue of stage.held.queues.all()) await how.wait(queue.onSubmittedWorkDone());
    const setup_ms = now() - began;
    await checked(stage, how.wait);
    const compared = difference(trace, stage.watch.reads);
    const made = createdBuffers(trace, segment);
    const run = () =>
      orLost(REPLAYED, stage.lost, async () => {
        stage.watch.reads = [];
        const begin = now();
        await stage.carryOut(segment.begin, segment.end);
        const ended = now();
        // What a run makes and leaves to the next one to give up would pile up here.
        for (const buffer of made) stage.held.buffers.get(buffer).destroy();
        return { began: begin, ended, reads: stage.watch.reads };
      });
    return { stage, setup_ms, compared, run };
  });
}

/** Bytes that are not as they were recorded; what is missing differs.
 * @param {Trace} trace @param {readonly Read[]} reads @returns {Comparison} */
export function difference(trace, reads) {
  let [compared, differing] = [0, 0];
  for (const { blob, bytes } of reads) {
    const wanted = trace.bytes(blob);
    compared += wanted.length;
    for (let at = 0; at < wanted.length; at += 1) if (bytes[at] !== wanted[at]) differing += 1;
  }
  return { compared, differing };
}

/** @param {Trace} trace @param {GpuSegment} segment */
function createdBuffers({ header }, { begin, end }) {
  return header.calls.slice(begin, end).flatMap((call) => (call.op === "createBuffer" ? [call.out] : []));
}
