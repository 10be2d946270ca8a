// @ts-check
/** A steady run with a pass of its own for each dispatch, between two timestamps of the GPU's own clock. Never part of
 * a timed replay: passes cost, and a GPU that could overlap two dispatches does not. */

import { now } from "../clock.mjs";
import { difference, ready } from "./steady.mjs";

/** @typedef {import("../wire.js").GpuSegment} GpuSegment */
/** @typedef {import("../wire.js").GpuSpan} GpuSpan */
/** @typedef {import("./objects.mjs").Tables} Tables */
/** @typedef {import("./replayer.mjs").Makers} Makers */
/** @typedef {import("./replayer.mjs").Wait} Wait */
/** @typedef {import("./trace.mjs").Trace} Trace */

const STAMP_BYTES = 8;
/** As many as a query set may hold. */
const MOST_QUERIES = 4096;
/** Dispatches that do nothing: what any dispatch takes. The first ones also make the pipeline ready. */
const EMPTY = { code: "@compute @workgroup_size(1) fn main() {}", warmup: 4, count: 16 };
const USAGE = { map_read: 0x1, copy_source: 0x4, copy_target: 0x8, query_resolve: 0x200 };

/** A pass in which nothing is done at once.
 * @typedef {object} Pass
 * @property {number} encoder
 * @property {number} pipeline
 * @property {Map<number, Extract<import("../wire.js").GpuCall, { op: "setBindGroup" }>>} groups */

/** Beside the dispatches, by iteration: what a run waits for the GPU, and a wait with nothing queued before it.
 * @typedef {object} Timed
 * @property {import("./replayer.mjs").Stage} stage
 * @property {GpuSpan[]} dispatches
 * @property {number[]} waited_ms  all waits of a run together, for read-backs mostly
 * @property {number} waits  of a run
 * @property {number[]} idle_map_ms  for `idle_map_bytes`, behind a submit that only copies
 * @property {number} idle_map_bytes
 * @property {number[]} empty_ns  of single dispatches that do nothing
 * @property {number} compared_bytes
 * @property {number} differing_bytes  from what the page read */

/** @param {GPU} gpu @param {Trace} trace
 * @param {{ segment: GpuSegment, warmup: number, iterations: number, wait: Wait }} how @returns {Promise<Timed>} */
export async function timeline(gpu, trace, { segment, warmup, iterations, wait }) {
  /** @type {Clock | null} */
  let clock = null;
  let waitsOfARun = 0;
  const { stage, run, compared } = await ready(gpu, trace, segment, {
    wait,
    needs: ["timestamp-query"],
    passes: (held) => passes(held, () => clock),
  });
  const [device] = stage.held.devices.all();
  if (device === undefined) throw new Error("the recording has no device");
  const { calls } = trace.header;
  const count = calls.slice(segment.begin, segment.end).filter(({ op }) => op.startsWith("dispatch")).length;
  clock = new Clock(device, count);
  /** @type {number[][]} */
  const stamps = [];
  /** @type {{ waited_ms: number[], idle_map_ms: number[] }} */
  const waits = { waited_ms: [], idle_map_ms: [] };
  for (let iteration = 0; iteration < warmup + iterations; iteration += 1) {
    clock.pipelines.length = 0;
    const { reads, waits: stretches } = await run();
    const waited_ms = stretches.reduce((all, [begin, end]) => all + end - begin, 0);
    waitsOfARun = stretches.length;
    const found = difference(trace, reads);
    compared.compared += found.compared;
    compared.differing += found.differing;
    const read = await clock.read(wait);
    if (iteration < warmup) continue;
    stamps.push(read.stamps);
    waits.waited_ms.push(waited_ms);
    waits.idle_map_ms.push(read.waited_ms);
  }
  const dispatches = clock.pipelines.map((number, at) => ({
    pipeline: stage.held.pipelines.get(number).label,
    begins_ns: stamps.map((one) => /** @type {number} */ (one[2 * at])),
    ends_ns: stamps.map((one) => /** @type {number} */ (one[2 * at + 1])),
  }));
  const empty_ns = await emptyDispatches(device, wait);
  return {
    stage,
    dispatches,
    ...waits,
    waits: waitsOfARun,
    idle_map_bytes: clock.bytes,
    empty_ns,
    compared_bytes: compared.compared,
    differing_bytes: compared.differing,
  };
}

/** How long single dispatches take in which nothing is done, each in a pass of its own like all others.
 * @param {GPUDevice} device @param {Wait} wait */
async function emptyDispatches(device, wait) {
  const module = device.createShaderModule({ code: EMPTY.code });
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
  const clock = new Clock(device, EMPTY.warmup + EMPTY.count);
  const encoder = device.createCommandEncoder();
  for (let made = 0; made < EMPTY.warmup + EMPTY.count; made += 1) {
    const pass = encoder.beginComputePass({ timestampWrites: clock.next(0) });
    pass.setPipeline(pipeline);
    pass.dispatchWorkgroups(1);
    pass.end();
  }
  device.queue.submit([encoder.finish()]);
  const { stamps } = await clock.read(wait);
  const spans = Array.from({ length: EMPTY.count }, (_, at) => 2 * (EMPTY.warmup + at));
  return spans.map((at) => /** @type {number} */ (stamps[at + 1]) - /** @type {number} */ (stamps[at]));
}

/** Makers that put a pass around each dispatch; while there is no clock, one without timestamps.
 * @param {Tables} held @param {() => Clock | null} clockNow @returns {Partial<Makers>} */
function passes(held, clockNow) {
  /** @type {Map<number, Pass>} */
  const open = new Map();
  /** @param {number} number */
  const known = (number) => {
    const found = open.get(number);
    if (found === undefined) throw new Error(`the recording uses pass ${number}, which nothing began`);
    return found;
  };

  /** @param {number} number @param {(pass: GPUComputePassEncoder) => void} dispatch */
  function alone(number, dispatch) {
    const { encoder, pipeline, groups } = known(number);
    const writes = clockNow()?.next(pipeline);
    const pass = held.encoders.get(encoder).beginComputePass(writes ? { timestampWrites: writes } : {});
    pass.setPipeline(held.pipelines.get(pipeline).pipeline);
    for (const { index, group, offsets } of groups.values()) {
      pass.setBindGroup(index, group === null ? null : held.groups.get(group), [...offsets]);
    }
    dispatch(pass);
    pass.end();
  }

  return {
    beginComputePass: ({ encoder, out }) => void open.set(out, { encoder, pipeline: 0, groups: new Map() }),
    setPipeline: ({ on, pipeline }) => void (known(on).pipeline = pipeline),
    setBindGroup: (call) => void known(call.on).groups.set(call.index, call),
    dispatchWorkgroups: ({ on, count }) => alone(on, (pass) => pass.dispatchWorkgroups(...count)),
    dispatchWorkgroupsIndirect: ({ on, buffer, offset }) =>
      alone(on, (pass) => pass.dispatchWorkgroupsIndirect(held.buffers.get(buffer), offset)),
    end: ({ on }) => void open.delete(on),
  };
}

/** Two timestamps for each of so many dispatches. */
class Clock {
  /** The pipelines of this run's dispatches, in order.
   * @type {number[]} */
  pipelines = [];
  #device;
  /** @type {GPUQuerySet[]} */
  #sets = [];
  #resolved;
  #readable;
  #stamps;

  /** @param {GPUDevice} device @param {number} dispatches */
  constructor(device, dispatches) {
    this.#device = device;
    this.#stamps = 2 * dispatches;
    for (let made = 0; made < this.#stamps; made += MOST_QUERIES) {
      const count = Math.min(MOST_QUERIES, this.#stamps - made);
      this.#sets.push(device.createQuerySet({ type: "timestamp", count }));
    }
    const size = Math.max(1, this.#stamps) * STAMP_BYTES;
    this.#resolved = device.createBuffer({ size, usage: USAGE.query_resolve | USAGE.copy_source });
    this.#readable = device.createBuffer({ size, usage: USAGE.map_read | USAGE.copy_target });
  }

  /** For the next dispatch. @param {number} pipeline @returns {GPUComputePassTimestampWrites} */
  next(pipeline) {
    const at = 2 * this.pipelines.length;
    this.pipelines.push(pipeline);
    const querySet = /** @type {GPUQuerySet} */ (this.#sets[(at / MOST_QUERIES) | 0]);
    const first = at % MOST_QUERIES;
    return { querySet, beginningOfPassWriteIndex: first, endOfPassWriteIndex: first + 1 };
  }

  /** What `read` reads back. */
  get bytes() {
    return this.#stamps * STAMP_BYTES;
  }

  /** Begin and end of each dispatch, in ns from the first begin, and how long these bytes were waited for.
   * @param {Wait} wait @returns {Promise<{ stamps: number[], waited_ms: number }>} */
  async read(wait) {
    if (this.#stamps === 0) return { stamps: [], waited_ms: 0 };
    const encoder = this.#device.createCommandEncoder();
    this.#sets.forEach((set, at) => {
      encoder.resolveQuerySet(set, 0, set.count, this.#resolved, at * MOST_QUERIES * STAMP_BYTES);
    });
    const size = this.bytes;
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#readable, 0, size);
    this.#device.queue.submit([encoder.finish()]);
    const mapped = this.#readable.mapAsync(USAGE.map_read, 0, size);
    const began = now();
    await wait(mapped);
    const waited_ms = now() - began;
    const stamps = [...new BigUint64Array(this.#readable.getMappedRange(0, size).slice(0))];
    this.#readable.unmap();
    const begin = stamps[0] ?? 0n;
    return { stamps: stamps.map((stamp) => Number(stamp - begin)), waited_ms };
  }
}
