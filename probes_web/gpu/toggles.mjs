// @ts-check
/** What Dawn's safety switches change, done on purpose and looked at: a name that Dawn does not know is ignored without
 * a word, so nothing but behaviour tells that a switch works. */

import { identityOf } from "./adapter.mjs";
import { adapterOf } from "./place.mjs";

/** @typedef {import("./replayer.mjs").Wait} Wait */

const USAGE = { map_read: 0x1, copy_source: 0x4, copy_target: 0x8, storage: 0x80, query_resolve: 0x200 };
const STORED = USAGE.storage | USAGE.copy_source | USAGE.copy_target;
/** One more than the standard's limit, which devices have that were not asked for more. */
const TOO_MANY_WORKGROUPS = 65536;
const BOUND_BYTES = 256;
const WHOLE_BYTES = 1024;
/** Behind the end of the binding, within the buffer: reading it harms nobody. */
const OUTSIDE = 100;
const PLANTED = 1000;
const PASSES = 8;
/** More than any processor runs at once, so that some find the memory of others. */
const WORKGROUPS = 4096;
const LEFT = 0x5a5a5a5a;

const NOTHING = `
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1) fn main(@builtin(workgroup_id) id: vec3u) {
  if (id.x == 0u) { out[0] = 1u; }
}`;
const READING = `
@group(0) @binding(0) var<storage, read> numbers: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<storage, read> at: array<u32>;
@compute @workgroup_size(1) fn main() { out[0] = numbers[at[0]]; }`;
const LEAVING = `
var<workgroup> own: array<u32, 64>;
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) at: u32) {
  let found = own[at];
  workgroupBarrier();
  own[at] = ${LEFT}u;
  workgroupBarrier();
  if (at == 0u) { out[id.x] = select(0u, own[63], found == ${LEFT}u); }
}`;

/** A device, and what every one of these experiments does with it.
 * @typedef {object} Bench
 * @property {GPUDevice} device
 * @property {Wait} wait
 * @property {(bytes: number, content?: Uint32Array<ArrayBuffer>) => GPUBuffer} buffer
 * @property {(code: string) => GPUComputePipeline} pipeline
 * @property {(pass: GPUComputePassEncoder, pipeline: GPUComputePipeline, bound: readonly GPUBufferBinding[]) => void} use
 * @property {(buffer: GPUBuffer, bytes: number) => Promise<ArrayBuffer>} read */

/** @param {GPU} gpu @param {Wait} wait @returns {Promise<import("../wire.js").GpuToggled>} */
export async function seen(gpu, wait) {
  const adapter = await wait(adapterOf(gpu));
  const timed = adapter.features.has("timestamp-query");
  const device = await wait(adapter.requestDevice({ requiredFeatures: timed ? ["timestamp-query"] : [] }));
  const bench = benchOf(device, wait);
  try {
    device.pushErrorScope("validation");
    const behaviour = {
      over_the_limit: await overTheLimit(bench),
      read_outside: await readOutside(bench),
      planted_outside: PLANTED + OUTSIDE,
      timestamps_ns: timed ? await timestamps(bench) : [],
      leftovers: await leftovers(bench),
      workgroups: WORKGROUPS,
    };
    const refused = await wait(device.popErrorScope());
    if (refused !== null) throw new Error(`an experiment was refused: ${refused.message}`);
    return { kind: "gputoggled", adapter: identityOf(adapter), ...behaviour };
  } finally {
    device.destroy();
  }
}

/** A dispatch of more workgroups than the device may have is an error, unless nobody looks.
 * @param {Bench} bench */
async function overTheLimit({ device, wait, buffer, pipeline, use }) {
  device.pushErrorScope("validation");
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  use(pass, pipeline(NOTHING), [{ buffer: buffer(BOUND_BYTES) }]);
  pass.dispatchWorkgroups(TOO_MANY_WORKGROUPS);
  pass.end();
  device.queue.submit([encoder.finish()]);
  return (await wait(device.popErrorScope()))?.message ?? "";
}

/** A number behind the end of a binding is never what is read, unless indices are taken as they come.
 * @param {Bench} bench */
async function readOutside({ device, buffer, pipeline, use, read }) {
  const numbers = Uint32Array.from({ length: WHOLE_BYTES / 4 }, (_, at) => PLANTED + at);
  const [from, out, at] = [buffer(WHOLE_BYTES, numbers), buffer(BOUND_BYTES), buffer(4, Uint32Array.of(OUTSIDE))];
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  use(pass, pipeline(READING), [{ buffer: from, offset: 0, size: BOUND_BYTES }, { buffer: out }, { buffer: at }]);
  pass.dispatchWorkgroups(1);
  pass.end();
  device.queue.submit([encoder.finish()]);
  return /** @type {number} */ (new Uint32Array(await read(out, 4))[0]);
}

/** Of passes one after the other: quantised ones are multiples of a large number.
 * @param {Bench} bench */
async function timestamps({ device, buffer, pipeline, use, read }) {
  const [made, out, count] = [pipeline(NOTHING), buffer(BOUND_BYTES), 2 * PASSES];
  const querySet = device.createQuerySet({ type: "timestamp", count });
  const usage = USAGE.query_resolve | USAGE.copy_source;
  const resolved = device.createBuffer({ size: 8 * count, usage });
  const encoder = device.createCommandEncoder();
  for (let at = 0; at < count; at += 2) {
    const timestampWrites = { querySet, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 };
    const pass = encoder.beginComputePass({ timestampWrites });
    use(pass, made, [{ buffer: out }]);
    pass.dispatchWorkgroups(1);
    pass.end();
  }
  encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
  device.queue.submit([encoder.finish()]);
  const stamps = [...new BigUint64Array(await read(resolved, 8 * count))];
  return stamps.map((stamp) => Number(stamp - (stamps[0] ?? 0n)));
}

/** Workgroups that find what an earlier one left in their memory: none, where it is cleared for them.
 * @param {Bench} bench */
async function leftovers({ device, buffer, pipeline, use, read }) {
  const out = buffer(4 * WORKGROUPS);
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  use(pass, pipeline(LEAVING), [{ buffer: out }]);
  pass.dispatchWorkgroups(WORKGROUPS);
  pass.end();
  device.queue.submit([encoder.finish()]);
  return new Uint32Array(await read(out, 4 * WORKGROUPS)).filter((found) => found === LEFT).length;
}

/** @param {GPUDevice} device @param {Wait} wait @returns {Bench} */
function benchOf(device, wait) {
  return {
    device,
    wait,
    buffer(size, content) {
      const made = device.createBuffer({ size, usage: STORED });
      if (content !== undefined) device.queue.writeBuffer(made, 0, content);
      return made;
    },
    pipeline: (code) =>
      device.createComputePipeline({ layout: "auto", compute: { module: device.createShaderModule({ code }) } }),
    use(pass, pipeline, bound) {
      const entries = bound.map((resource, binding) => ({ binding, resource }));
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    },
    async read(buffer, bytes) {
      const readable = device.createBuffer({ size: bytes, usage: USAGE.map_read | USAGE.copy_target });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, readable, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await wait(readable.mapAsync(USAGE.map_read));
      return readable.getMappedRange().slice(0);
    },
  };
}
