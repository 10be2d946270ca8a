// @ts-check
/** A steady run with a pass of its own for each dispatch, between two timestamps of the GPU's own clock. Never part of
 * a timed replay: passes cost, and a GPU that could overlap two dispatches does not. */

import { Clock, emptyDispatches } from "./stamps.mjs";
import { difference, ready } from "./steady.mjs";

/** @typedef {import("../wire.js").GpuSegment} GpuSegment */
/** @typedef {import("../wire.js").GpuSpan} GpuSpan */
/** @typedef {import("./objects.mjs").Tables} Tables */
/** @typedef {import("./replayer.mjs").Makers} Makers */
/** @typedef {import("./replayer.mjs").Wait} Wait */
/** @typedef {import("./trace.mjs").Trace} Trace */

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
