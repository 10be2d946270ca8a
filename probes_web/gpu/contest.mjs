// @ts-check
/** Shaders that compute the same: held to what must come out, then timed in turns by the GPU's own clock.
 *
 * All of all problems take turns in every round, in an order of chance. So each finds the caches full of what others
 * read and wrote, as a node of a model does. */

import { read } from "../bytes.mjs";
import { now } from "../clock.mjs";
import { mulberry32, shuffled } from "../seeded.mjs";
import { identityOf } from "./adapter.mjs";
import { leaveBehind } from "./behind.mjs";
import { orLost } from "./lost.mjs";
import { adapterOf } from "./place.mjs";
import { Refusal } from "./refusal.mjs";
import { Clock } from "./stamps.mjs";

/** @typedef {import("../wire.js").GpuKernelsTask} GpuKernelsTask */
/** @typedef {import("../wire.js").GpuProblem} GpuProblem */
/** @typedef {import("../wire.js").GpuCandidate} GpuCandidate */

const USAGE = { map_read: 0x1, copy_source: 0x4, copy_target: 0x8, storage: 0x80 };
/** What a device has to be asked for, where an adapter has more than the standard promises. */
const LIMITS = /** @type {const} */ ([
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupsPerDimension",
]);
/** Of the time, for compiling and checking: first one shader of each problem, then a second one, as far as it goes. What
 * is not ready by then is not timed, but for those first ones, which have all the time. */
const READY_BY = 0.6;
/** Passes of one submit: a driver ends what holds the GPU for seconds. */
const BATCH = 16;
/** The round that is run to its end whatever time it is; the one before it warms up. */
const FIRST = 1;
const LATE = "the time was over before it was tried";
/** All bits set are no number: what a shader leaves out cannot pass for what another one wrote there. */
const UNWRITTEN = 0xff;

/** @typedef {object} Timed  as `GpuCandidateTimed`, while it is filled
 * @property {number[]} samples_ns
 * @property {number} compile_ms
 * @property {number | null} difference
 * @property {number} odd
 * @property {boolean} late
 * @property {string} why */

/** @typedef {object} Entrant
 * @property {number} problem
 * @property {GPUComputePipeline} pipeline
 * @property {GPUBindGroup} group
 * @property {readonly [number, number, number]} grid
 * @property {Timed} timed
 * @property {boolean} right  it gave what must come out
 * @property {boolean} out  far behind: it cannot win any more */

/** @param {GPU} gpu @param {GpuKernelsTask} task @returns {Promise<import("../wire.js").GpuKernelsTimed>} */
export async function contested(gpu, task) {
  const adapter = await adapterOf(gpu, task.power);
  if (!adapter.features.has("timestamp-query")) throw new Refusal("this adapter lacks timestamp-query, a clock of its own");
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  const device = await adapter.requestDevice({ requiredFeatures: ["timestamp-query"], requiredLimits });
  /** @type {Set<string>} */
  const errors = new Set();
  device.addEventListener("uncapturederror", ({ error }) => void errors.add(error.message));
  let lost = "";
  void device.lost.then(({ reason, message }) => void (lost = message || reason));
  try {
    return await orLost("shaders were timed", () => lost, async () => {
      const problems = await timed(device, task);
      return { kind: "gpukernels-timed", adapter: identityOf(adapter), problems, errors: [...errors] };
    });
  } finally {
    device.destroy();
  }
}

/** @param {GPUDevice} device @param {GpuKernelsTask} task */
async function timed(device, { problems, seed, samples, budget_ms, given_up }) {
  const began = now();
  /** @type {Entrant[]} */
  const entrants = [];
  /** @type {{ candidates: Timed[] }[]} */
  const told = problems.map(({ candidates }) => ({
    candidates: candidates.map(late),
  }));
  const left = (/** @type {number} */ share) => now() - began < share * budget_ms;
  /** @type {(Buffers | string)[]} */
  const buffers = [];
  for (const problem of problems) buffers.push(left(READY_BY) ? await buffersOf(device, problem) : LATE);
  const most = Math.max(0, ...problems.map(({ candidates }) => candidates.length));
  for (let at = 0; at < most; at += 1) {
    for (const [number, { candidates }] of problems.entries()) {
      const [candidate, one, bound] = [candidates[at], told[number]?.candidates[at], buffers[number]];
      if (candidate === undefined || one === undefined || bound === undefined) continue;
      if (typeof bound === "string") Object.assign(one, { why: bound, late: bound === LATE });
      else if (left(at === 0 ? 1 : READY_BY)) {
        one.late = false;
        const entrant = await entered(device, candidate, bound, one);
        if (entrant !== null) entrants.push({ ...entrant, problem: number });
      }
    }
  }
  await inRounds(device, entrants, { random: mulberry32(seed), samples, given_up, until: began + budget_ms });
  return told;
}

/** @returns {Timed} */
const late = () => ({ samples_ns: [], compile_ms: 0, difference: null, odd: 0, late: true, why: LATE });

/** @typedef {object} Buffers
 * @property {readonly GPUBuffer[]} all  the last one is written
 * @property {GPUBuffer} result
 * @property {GPUBuffer} readable
 * @property {Float32Array} expected
 * @property {number} most_apart */

/** What the problem reads, and room for what it gives; a text: why there is none.
 * @param {GPUDevice} device @param {GpuProblem} problem @returns {Promise<Buffers | string>} */
async function buffersOf(device, { data_url, sizes, most_apart }) {
  const data = await read(data_url);
  device.pushErrorScope("validation");
  device.pushErrorScope("out-of-memory");
  const usage = USAGE.storage | USAGE.copy_source | USAGE.copy_target;
  const all = sizes.map((size) => device.createBuffer({ size, usage }));
  const result = /** @type {GPUBuffer} */ (all.at(-1));
  const readable = device.createBuffer({ size: result.size, usage: USAGE.map_read | USAGE.copy_target });
  const failed = [await device.popErrorScope(), await device.popErrorScope()].find((error) => error !== null);
  if (failed) {
    for (const buffer of [...all, readable]) buffer.destroy();
    return `the GPU has no room for it: ${failed.message}`;
  }
  let offset = 0;
  for (const buffer of all.slice(0, -1)) {
    device.queue.writeBuffer(buffer, 0, data, offset, buffer.size);
    offset += buffer.size;
  }
  return { all, result, readable, expected: new Float32Array(data, offset, result.size / 4), most_apart };
}

/** Compiled, run once and compared; null: it cannot be run.
 * @param {GPUDevice} device @param {GpuCandidate} candidate @param {Buffers} buffers @param {Timed} one
 * @returns {Promise<Omit<Entrant, "problem"> | null>} */
async function entered(device, { code, grid }, { all, result, readable, expected, most_apart }, one) {
  const began = now();
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code });
  /** @type {GPUComputePipeline | null} */
  let pipeline = null;
  let why = "";
  try {
    pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  } catch (thrown) {
    why = thrown instanceof Error ? thrown.message : String(thrown);
  }
  one.compile_ms = now() - began;
  if (pipeline === null) {
    await device.popErrorScope();
    one.why = `it does not compile: ${why}`;
    return null;
  }
  const entries = all.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  const entrant = { pipeline, group, grid, timed: one, right: false, out: false };
  device.queue.writeBuffer(result, 0, new Uint8Array(result.size).fill(UNWRITTEN));
  const encoder = device.createCommandEncoder();
  dispatched(encoder.beginComputePass(), entrant);
  encoder.copyBufferToBuffer(result, 0, readable, 0, result.size);
  device.queue.submit([encoder.finish()]);
  const refused = await device.popErrorScope();
  if (refused !== null) {
    one.why = `the GPU refuses it: ${refused.message}`;
    return null;
  }
  await readable.mapAsync(USAGE.map_read);
  const { difference, odd } = compared(new Float32Array(readable.getMappedRange()), expected);
  readable.unmap();
  Object.assign(one, { difference, odd, why: "" });
  entrant.right = odd === 0 && difference <= most_apart;
  return entrant;
}

/** The largest difference, and elements that differ by no number.
 * @param {Float32Array} found @param {Float32Array} expected */
function compared(found, expected) {
  let [difference, odd] = [0, 0];
  for (let at = 0; at < expected.length; at += 1) {
    const apart = Math.abs(/** @type {number} */ (found[at]) - /** @type {number} */ (expected[at]));
    if (!Number.isFinite(apart)) odd += 1;
    else if (apart > difference) difference = apart;
  }
  return { difference, odd };
}

/** @param {GPUComputePassEncoder} pass @param {Pick<Entrant, "pipeline" | "group" | "grid">} entrant */
function dispatched(pass, { pipeline, group, grid }) {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(...grid);
  pass.end();
}

/** One dispatch of each a round. The first round warms up and counts for nobody; the next one shows who is far behind.
 * @param {GPUDevice} device @param {readonly Entrant[]} entrants
 * @param {{ random: () => number, samples: number, given_up: number, until: number }} how */
async function inRounds(device, entrants, { random, samples, given_up, until }) {
  if (entrants.length === 0) return;
  const clock = new Clock(device, entrants.length);
  for (let round = 0; round <= samples && (round <= FIRST || now() < until); round += 1) {
    const order = shuffled(entrants.length, random).map((at) => /** @type {Entrant} */ (entrants[at]));
    const running = order.filter(({ out }) => !out);
    const ran = await inBatches(device, running, clock, round === FIRST ? Infinity : until);
    const { stamps } = await clock.read((promise) => promise);
    if (round >= FIRST) {
      running.slice(0, ran).forEach(({ timed }, at) => {
        timed.samples_ns.push(/** @type {number} */ (stamps[2 * at + 1]) - /** @type {number} */ (stamps[2 * at]));
      });
    }
    if (round === FIRST) leaveBehind(entrants, given_up);
  }
}

/** How many of them were run before the time was over.
 * @param {GPUDevice} device @param {readonly Entrant[]} running @param {Clock} clock @param {number} until */
async function inBatches(device, running, clock, until) {
  clock.pipelines.length = 0;
  let ran = 0;
  while (ran < running.length && now() < until) {
    const encoder = device.createCommandEncoder();
    const batch = running.slice(ran, ran + BATCH);
    for (const entrant of batch) {
      dispatched(encoder.beginComputePass({ timestampWrites: clock.next(0) }), entrant);
    }
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    ran += batch.length;
  }
  return ran;
}
