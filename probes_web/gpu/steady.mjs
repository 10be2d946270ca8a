// @ts-check
/** A recording up to its steady run, that run over and over, and what it read compared with what the page read. */

import { now } from "../clock.mjs";
import { courseOf } from "./course.mjs";
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
 * @property {Order} whole  as it was recorded
 * @property {() => Promise<Run>} run
 * @property {(how: Order) => Promise<Run>} runAs  with its calls in another order, or without some */

/** Calls by their places in the recording.
 * @typedef {{ first: readonly number[], then: readonly number[] }} Order  a run's time begins with `then`: `first` is
 *   done by then, on the GPU's side as well */

/** @typedef {object} Run
 * @property {number} began
 * @property {number} ended
 * @property {readonly ReadByCall[]} reads
 * @property {import("../wire.js").RunCourse} course
 * @property {readonly import("./course.mjs").Stretch[]} waits
 * @property {number} pipelines_ms */

/** @typedef {{ blob: number, bytes: Uint8Array }} Read */
/** @typedef {Stage["watch"]["reads"][number]} ReadByCall */

const REPLAYED = "the recording was replayed";

/** All calls before the steady run are made, and everything the GPU said of them is heard.
 * @param {GPU} gpu @param {Trace} trace @param {GpuSegment} segment @param {Parameters<typeof staged>[2]} how
 * @returns {Promise<Ready>} */
export async function ready(gpu, trace, segment, how) {
  const stage = staged(gpu, trace, how);
  return orLost(REPLAYED, stage.lost, async () => {
    const began = now();
    await stage.carryOut(places(0, segment.begin)).catch(async (thrown) => {
      await checked(stage, how.wait); // whoever refused has a better sentence
      throw thrown;
    });
    await idle(stage, how.wait);
    const setup_ms = now() - began;
    await checked(stage, how.wait);
    const compared = difference(trace, stage.watch.reads);
    const made = createdBuffers(trace, segment);
    /** @param {Order} order */
    const runAs = ({ first, then }) =>
      orLost(REPLAYED, stage.lost, async () => {
        const { watch } = stage;
        Object.assign(watch, { reads: [], submits: [], waits: [], pipelines_ms: 0 });
        if (first.length > 0) {
          await stage.carryOut(first);
          await idle(stage, how.wait);
        }
        const began = now();
        await stage.carryOut(then);
        const ended = now();
        // What a run makes and leaves to the next one to give up would pile up here.
        for (const buffer of made) stage.held.buffers.get(buffer).destroy();
        const { reads, submits, waits, pipelines_ms } = watch;
        return { began, ended, reads, waits, pipelines_ms, course: courseOf({ began, ended, submits, waits }) };
      });
    const whole = { first: [], then: places(segment.begin, segment.end) };
    return { stage, setup_ms, compared, whole, run: () => runAs(whole), runAs };
  });
}

/** From `begin` up to `end`. @param {number} begin @param {number} end */
export function places(begin, end) {
  return Array.from({ length: end - begin }, (_, at) => begin + at);
}

/** Until the GPU has nothing to do. @param {Stage} stage @param {Wait} wait */
export async function idle({ held }, wait) {
  for (const queue of held.queues.all()) await wait(queue.onSubmittedWorkDone());
}

/** Bytes that are not as they were recorded; what is missing differs.
 * @param {Trace} trace @param {readonly Read[]} reads @returns {Comparison} */
export function difference(trace, reads) {
  return differenceFrom(reads, ({ blob }) => trace.bytes(blob));
}

/** The same, from whatever each is to be.
 * @template {Read} R
 * @param {readonly R[]} reads @param {(read: R) => Uint8Array} wantedOf @returns {Comparison} */
export function differenceFrom(reads, wantedOf) {
  let [compared, differing] = [0, 0];
  for (const read of reads) {
    const [bytes, wanted] = [read.bytes, wantedOf(read)];
    compared += wanted.length;
    for (let at = 0; at < wanted.length; at += 1) if (bytes[at] !== wanted[at]) differing += 1;
  }
  return { compared, differing };
}

/** @param {Trace} trace @param {GpuSegment} segment */
function createdBuffers({ header }, { begin, end }) {
  return header.calls.slice(begin, end).flatMap((call) => (call.op === "createBuffer" ? [call.out] : []));
}
