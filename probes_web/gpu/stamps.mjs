// @ts-check
/** Dispatches by the GPU's own clock: each in a pass of its own, between two timestamps. */

import { now } from "../clock.mjs";

/** @typedef {import("./replayer.mjs").Wait} Wait */

const STAMP_BYTES = 8;
/** As many as a query set may hold. */
const MOST_QUERIES = 4096;
/** Dispatches that do nothing: what any dispatch takes. The first ones also make the pipeline ready. */
const EMPTY = { code: "@compute @workgroup_size(1) fn main() {}", warmup: 4, count: 16 };
const USAGE = { map_read: 0x1, copy_source: 0x4, copy_target: 0x8, query_resolve: 0x200 };

/** How long single dispatches take in which nothing is done, each in a pass of its own like all others.
 * @param {GPUDevice} device @param {Wait} wait */
export async function emptyDispatches(device, wait) {
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

/** Two timestamps for each of so many dispatches. */
export class Clock {
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
