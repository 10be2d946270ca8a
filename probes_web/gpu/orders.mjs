// @ts-check
/** Which calls of a steady run are made when: all that only makes commands first, or pipelines alone, or without stopping
 * on the way.
 *
 * Each is the same computation. What is written comes from the recording, so nothing that a run writes has to wait
 * for what it read before; and what is read at the end is compared all the same. */

import { places } from "./steady.mjs";

/** @typedef {import("../wire.js").GpuCall} GpuCall */
/** @typedef {import("../wire.js").GpuSegment} GpuSegment */
/** @typedef {import("./steady.mjs").Order} Order */

/** Ask nothing of a queue and of no memory that the page sees.
 * @type {ReadonlySet<GpuCall["op"]>} */
const MAKING = new Set([
  "createBuffer",
  "createShaderModule",
  "createBindGroupLayout",
  "createPipelineLayout",
  "createComputePipeline",
  "pipelineReady",
  "getBindGroupLayout",
  "createBindGroup",
  "createQuerySet",
  "createCommandEncoder",
  "beginComputePass",
  "setPipeline",
  "setBindGroup",
  "dispatchWorkgroups",
  "dispatchWorkgroupsIndirect",
  "end",
  "copyBufferToBuffer",
  "clearBuffer",
  "resolveQuerySet",
  "finish",
]);

/** Of these, a pipeline and what it is made of.
 * @type {ReadonlySet<GpuCall["op"]>} */
const COMPILING = new Set([
  "createShaderModule",
  "createBindGroupLayout",
  "createPipelineLayout",
  "createComputePipeline",
  "pipelineReady",
]);

/** All commands are made before the run begins; then queue and mapped memory get what they got, in the same order.
 * @param {readonly GpuCall[]} calls @param {GpuSegment} segment @returns {Order} */
export function prepared(calls, segment) {
  return ahead(calls, segment, MAKING);
}

/** All pipelines are made before the run begins, and nothing else; null: it makes none. A page's thread does not wait for
 * what the GPU's process compiles, so only a run without that shows what it takes.
 * @param {readonly GpuCall[]} calls @param {GpuSegment} segment @returns {Order | null} */
export function compiled(calls, segment) {
  const made = places(segment.begin, segment.end).some((at) => calls[at]?.op === "createComputePipeline");
  return made ? ahead(calls, segment, COMPILING) : null;
}

/** @param {readonly GpuCall[]} calls @param {GpuSegment} segment @param {ReadonlySet<GpuCall["op"]>} some
 * @returns {Order} */
function ahead(calls, { begin, end }, some) {
  const all = places(begin, end);
  const before = (/** @type {number} */ at) => some.has(/** @type {GpuCall} */ (calls[at]).op);
  return { first: all.filter(before), then: all.filter((at) => !before(at)) };
}

/** The place of the last call by which the run has the GPU compute; -1: it has none.
 * @param {readonly GpuCall[]} calls @param {GpuSegment} segment */
export function lastDispatch(calls, { begin, end }) {
  return places(begin, end).findLast((at) => calls[at]?.op.startsWith("dispatch")) ?? -1;
}

/** A buffer that is mapped for reading, and what is done with it until it is unmapped.
 * @typedef {object} ReadBack
 * @property {number} asked  the place of that call, ...
 * @property {number} mapped  ... and where it had come about
 * @property {number[]} others  places of reads, and of the end of it
 * @property {{ offset: number, blob: number }[]} reads */

/** @param {readonly GpuCall[]} calls @param {GpuSegment} segment @returns {ReadBack[]} by `asked` */
export function readBacks(calls, { begin, end }) {
  /** @type {Map<number, ReadBack>} */
  const open = new Map();
  /** @type {ReadBack[]} */
  const found = [];
  for (const at of places(begin, end)) {
    const call = /** @type {GpuCall} */ (calls[at]);
    if (call.op === "mapAsync" && call.mode === "read") {
      const one = { asked: at, mapped: end, others: [], reads: [] };
      open.set(call.buffer, one);
      found.push(one);
    } else if (call.op === "mapped" || call.op === "read" || call.op === "unmap" || call.op === "destroyBuffer") {
      const one = open.get(call.buffer);
      if (one === undefined) continue;
      if (call.op === "mapped") one.mapped = at;
      else if (call.op === "read") one.reads.push({ offset: call.offset, blob: call.blob });
      if (call.op === "read" || call.op === "unmap") one.others.push(at);
      if (call.op === "unmap" || call.op === "destroyBuffer") open.delete(call.buffer);
    }
  }
  return found;
}

/** Without the read-backs after which the run goes on computing; null: it has none.
 * @param {readonly GpuCall[]} calls @param {GpuSegment} segment @returns {Order | null} */
export function unbroken(calls, segment) {
  const last = lastDispatch(calls, segment);
  const inner = readBacks(calls, segment).filter(({ mapped }) => mapped < last);
  if (inner.length === 0) return null;
  const left_out = new Set(inner.flatMap(({ asked, mapped, others }) => [asked, mapped, ...others]));
  return { first: [], then: places(segment.begin, segment.end).filter((at) => !left_out.has(at)) };
}
