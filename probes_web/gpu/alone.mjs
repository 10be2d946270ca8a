// @ts-check
/** What a run reads and writes, again and alone: through buffers of its own, while the GPU has nothing else to do.
 *
 * A wait for a read-back is one for all work in the queue before it. That of an empty queue is the way back alone. */

import { now } from "../clock.mjs";
import { lastDispatch, readBacks } from "./orders.mjs";
import { places } from "./steady.mjs";

/** @typedef {import("../wire.js").GpuCall} GpuCall */
/** @typedef {import("../wire.js").GpuSegment} GpuSegment */
/** @typedef {import("./replayer.mjs").Wait} Wait */
/** @typedef {import("./steady.mjs").Read} Read */
/** @typedef {import("./trace.mjs").Trace} Trace */

const USAGE = { map_read: 0x1, copy_source: 0x4, copy_target: 0x8 };
const MAP_READ = 1;

/** @typedef {object} Alone
 * @property {() => Promise<{ ms: number, reads: Read[] }>} reading  the read-backs of a run's end, as they were asked for
 * @property {() => Promise<number>} uploading  all that a run writes, until the queue says that it is done, ms
 * @property {() => Promise<number>} answering  the same with nothing written */

/** @param {GPUDevice} device @param {Trace} trace @param {GpuSegment} segment @param {Wait} wait @returns {Alone} */
export function alone(device, trace, segment, wait) {
  const { queue } = device;
  const idle = () => wait(queue.onSubmittedWorkDone());
  const steps = readingSteps(device, trace, segment);
  const writes = writtenBlobs(trace.header.calls, segment).map((blob) => trace.bytes(blob));
  const room = device.createBuffer({ size: Math.max(8, ...writes.map(({ length }) => length)), usage: USAGE.copy_target });

  /** @param {() => void} work Before an empty submit. */
  async function untilDone(work) {
    await idle();
    const began = now();
    work();
    queue.submit([device.createCommandEncoder().finish()]);
    await idle();
    return now() - began;
  }

  return {
    async reading() {
      cleared(device, steps);
      await idle();
      /** @type {Read[]} */
      const reads = [];
      /** @type {Map<ReadAlone, Promise<unknown>>} */
      const asked = new Map();
      const began = now();
      let ended = began;
      for (const { begins, one } of steps) {
        if (begins) {
          const encoder = device.createCommandEncoder();
          encoder.copyBufferToBuffer(one.source, 0, one.target, 0, one.bytes);
          queue.submit([encoder.finish()]);
          asked.set(one, one.target.mapAsync(MAP_READ));
        } else {
          await wait(/** @type {Promise<unknown>} */ (asked.get(one)));
          ended = now();
          for (const { offset, blob } of one.reads) {
            const range = one.target.getMappedRange(offset, trace.bytes(blob).length);
            reads.push({ blob, bytes: new Uint8Array(range).slice() });
          }
          one.target.unmap();
        }
      }
      return { ms: ended - began, reads };
    },
    uploading: () => untilDone(() => writes.forEach((bytes) => queue.writeBuffer(room, 0, bytes))),
    answering: () => untilDone(() => undefined),
  };
}

/** Else a copy that did nothing would leave there what the one before it did.
 * @param {GPUDevice} device @param {ReturnType<typeof readingSteps>} steps */
function cleared(device, steps) {
  const encoder = device.createCommandEncoder();
  for (const { begins, one } of steps) if (begins) encoder.clearBuffer(one.target);
  device.queue.submit([encoder.finish()]);
}

/** @typedef {object} ReadAlone
 * @property {GPUBuffer} source  which holds what was read
 * @property {GPUBuffer} target
 * @property {number} bytes
 * @property {{ offset: number, blob: number }[]} reads */

/** @param {GPUDevice} device @param {Trace} trace @param {GpuSegment} segment
 * @returns {{ begins: boolean, one: ReadAlone }[]} in the order of the recording */
function readingSteps(device, trace, segment) {
  const { calls } = trace.header;
  const last = lastDispatch(calls, segment);
  const found = readBacks(calls, segment).filter(({ mapped, reads }) => mapped > last && reads.length > 0);
  const steps = found.flatMap(({ asked, mapped, reads }) => {
    const bytes = Math.max(...reads.map(({ offset, blob }) => offset + trace.bytes(blob).length));
    const source = device.createBuffer({ size: bytes, usage: USAGE.copy_source | USAGE.copy_target });
    for (const { offset, blob } of reads) device.queue.writeBuffer(source, offset, trace.bytes(blob));
    const target = device.createBuffer({ size: bytes, usage: USAGE.map_read | USAGE.copy_target });
    const one = { source, target, bytes, reads };
    return [
      { at: asked, begins: true, one },
      { at: mapped, begins: false, one },
    ];
  });
  return steps.toSorted((a, b) => a.at - b.at);
}

/** @param {readonly GpuCall[]} calls @param {GpuSegment} segment @returns {number[]} */
function writtenBlobs(calls, { begin, end }) {
  return places(begin, end).flatMap((at) => {
    const call = /** @type {GpuCall} */ (calls[at]);
    if (call.op === "writeBuffer") return [call.blob];
    return call.op === "unmap" ? call.writes.map(({ blob }) => blob) : [];
  });
}
