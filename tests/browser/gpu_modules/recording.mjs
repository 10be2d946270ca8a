/** A few runs on Dawn that make every call that a recording can hold, heard by the recorder. */

const at = (name) => `${process.env.PROBES_WEB}/gpu/${name}.mjs`;
const { create, globals } = await import(process.env.DAWN);
Object.assign(globalThis, globals);
export const gpu = create([]);
export const { resting } = await import(at("dawn"));
export const { packed, recorder } = await import(at("packing"));
export const { opened } = await import(at("trace"));
export const { ready, difference } = await import(at("steady"));
export const { timeline } = await import(at("timeline"));
const { adapterOf } = await import(at("place"));
export const { Refusal } = await import(at("refusal"));
export const adapterHere = () => resting(adapterOf(gpu));

const WORDS = 64;
const BYTES = 4 * WORDS;
export const LABEL = "twice";
const SHADER = `
@id(0) override factor: u32 = 2u;
@group(0) @binding(0) var<storage, read> given: array<u32>;
@group(0) @binding(1) var<storage, read_write> made: array<u32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  made[id.x] = made[id.x] + factor * given[id.x];
}`;
export const INPUT = Uint32Array.from({ length: WORDS }, (_, at) => at * at + 1);

/** Have the recorder's text run, with at most so many bytes for what it hears.
 * @param {number} [most] */
export async function listening(most) {
  if (most !== undefined) globalThis[Symbol.for("gapprof.gpu.most")] = most;
  await import(at("recorder"));
  return recorder();
}

/** @returns {Promise<{ device: GPUDevice, run: () => Promise<Uint32Array> }>} */
export async function model() {
  const adapter = await adapterHere();
  const device = await resting(
    adapter.requestDevice({ requiredFeatures: ["timestamp-query"], requiredLimits: { maxBufferSize: 1 << 20 } }),
  );
  const { queue } = device;
  const [given, made, read] = [0x88, 0x8c, 0x9].map((usage) => device.createBuffer({ size: BYTES, usage }));
  const counts = device.createBuffer({ size: 16, usage: 0x108, mappedAtCreation: true });
  new Uint32Array(counts.getMappedRange()).set([1, 1, 1, 0]);
  counts.unmap();
  const module = device.createShaderModule({ code: SHADER, label: LABEL });
  const entries = [
    { binding: 0, visibility: 4, buffer: { type: "read-only-storage", hasDynamicOffset: true } },
    { binding: 1, visibility: 4, buffer: { type: "storage" } },
  ];
  const layout = device.createBindGroupLayout({ entries });
  const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [layout] });
  const compute = { module, entryPoint: "main", constants: { 0: 3 } };
  const pipeline = await resting(device.createComputePipelineAsync({ layout: pipelineLayout, compute }));
  const plain = device.createComputePipeline({ layout: "auto", compute: { module } });
  const bound = [given, made].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = device.createBindGroup({ layout, entries: bound });
  const other = device.createBindGroup({ layout: plain.getBindGroupLayout(0), entries: bound });
  const querySet = device.createQuerySet({ type: "timestamp", count: 2 });
  const stamps = device.createBuffer({ size: 16, usage: 0x204 });

  /** made = 3 * given + 2 * given + 2 * given */
  async function run() {
    device.pushErrorScope("validation");
    const upload = device.createBuffer({ size: BYTES, usage: 0x6 });
    await resting(upload.mapAsync(2));
    new Uint32Array(upload.getMappedRange()).set(INPUT);
    upload.unmap();
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(upload, 0, given, 0, BYTES);
    encoder.clearBuffer(made);
    const timestampWrites = { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
    const pass = encoder.beginComputePass({ timestampWrites });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group, [0]);
    pass.dispatchWorkgroups(1);
    pass.setPipeline(plain);
    pass.setBindGroup(0, other);
    pass.dispatchWorkgroups(1);
    pass.dispatchWorkgroupsIndirect(counts, 0);
    pass.end();
    encoder.resolveQuerySet(querySet, 0, 2, stamps, 0);
    queue.submit([encoder.finish()]);
    queue.writeBuffer(counts, 12, Uint32Array.of(7));
    await resting(queue.onSubmittedWorkDone());
    const found = await readBack(device, device.createCommandEncoder(), made, read);
    upload.destroy();
    const error = await resting(device.popErrorScope());
    if (error !== null) throw new Error(error.message);
    return found;
  }
  return { device, run };
}

/** Submit what was encoded, and read a buffer by way of one that can be mapped.
 * @param {GPUDevice} device @param {GPUCommandEncoder} encoder @param {GPUBuffer} made @param {GPUBuffer} read */
async function readBack(device, encoder, made, read) {
  encoder.copyBufferToBuffer(made, 0, read, 0, BYTES);
  device.queue.submit([encoder.finish()]);
  await resting(read.mapAsync(1));
  const found = new Uint32Array(read.getMappedRange().slice(0));
  read.unmap();
  return found;
}

/** One dispatch for some data, and what it made of them.
 * @param {GPUDevice} device @param {string} code @param {number} usage  of the buffer that is written
 * @param {(encoder: GPUCommandEncoder, made: GPUBuffer) => void} [before]
 * @returns {(data: Uint32Array) => Promise<Uint32Array>} */
function dispatching(device, code, usage, before = () => undefined) {
  const [given, made, read] = [0x88, usage, 0x9].map((one) => device.createBuffer({ size: BYTES, usage: one }));
  const module = device.createShaderModule({ code, label: LABEL });
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
  const entries = [given, made].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });

  return async (data) => {
    device.queue.writeBuffer(given, 0, data);
    const encoder = device.createCommandEncoder();
    before(encoder, made);
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(1);
    pass.end();
    return readBack(device, encoder, made, read);
  };
}

/** A run that reads something back on its way, and goes on with it.
 * @param {GPUDevice} device @returns {Promise<(between?: () => void) => Promise<Uint32Array>>} */
export async function stopping(device) {
  /** made = 2 * data */
  const doubled = dispatching(device, SHADER, 0x8c, (encoder, made) => encoder.clearBuffer(made));
  return async (between = () => undefined) => {
    const once = await doubled(INPUT);
    between();
    return doubled(once);
  };
}

/** A run that leaves nothing but its result: made anew it writes the same over what is there.
 * @param {GPUDevice} device @returns {Promise<() => Promise<Uint32Array>>} */
export async function overwriting(device) {
  const doubled = dispatching(device, SHADER.replace("made[id.x] + ", ""), 0x84);
  return () => doubled(INPUT);
}

/** @param {import("node:test").TestContext} book @param {() => Promise<unknown>} run @param {number} count
 * @param {number} [first] The number of the first one. */
export async function runs(book, run, count, first = 0) {
  let last;
  for (let number = first; number < first + count; number += 1) {
    book.mark(number, "begin");
    last = await run();
    book.mark(number, "end");
  }
  return last;
}

/** The file as one block. @param {readonly Uint8Array[]} parts */
export const joined = (parts) => new Blob([...parts]).arrayBuffer();

/** The last run, as gapprof.gpu.steady chooses it. @param {import("../../../probes_web/gpu/trace.mjs").Trace} trace */
export function lastRun({ header }) {
  const marks = header.calls.flatMap(({ op }, place) => (op === "mark" ? [place] : []));
  const [begin = 0, end = 0] = marks.slice(-2);
  return { begin: begin + 1, end, spoilt: header.inputs };
}
