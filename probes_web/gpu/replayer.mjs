// @ts-check
/** The calls of a recording, made again: the same code in a page and in Node, so that nothing but WebGPU itself differs
 * between the two. */

import { now } from "../clock.mjs";
import { tables } from "./objects.mjs";
import { adapterOf } from "./place.mjs";
import { Refusal } from "./refusal.mjs";

/** @typedef {import("../wire.js").GpuCall} GpuCall */
/** @typedef {import("./objects.mjs").Tables} Tables */
/** @typedef {import("./trace.mjs").Trace} Trace */
/** @typedef {import("./course.mjs").Stretch} Stretch */

/** How a promise of the GPU's is waited for; see dawn.mjs.
 * @typedef {<T>(promise: Promise<T>) => Promise<T>} Wait */

/** Call → how it is made again; a promise where the page, too, waited at this place.
 * @typedef {{ [Op in GpuCall["op"]]: (call: Extract<GpuCall, { op: Op }>) => void | Promise<void> }} Makers */

/** What is seen while calls are made.
 * @typedef {object} Watch
 * @property {number} submitted_ms  when the last submit was made
 * @property {number} mapped_ms  when the last buffer was mapped
 * @property {number} pipelines_ms  spent on making pipelines
 * @property {Stretch[]} submits
 * @property {Stretch[]} waits  for the GPU
 * @property {{ call: GpuCall, blob: number, bytes: Uint8Array }[]} reads */

/** @typedef {object} Stage
 * @property {Tables} held
 * @property {Watch} watch
 * @property {Set<string>} errors  that the GPU reported and nobody asked for
 * @property {Set<string>} left_out  features and limits that this adapter does not know
 * @property {(places: Iterable<number>) => Promise<void>} carryOut  calls by their places in the recording
 * @property {(spoilt: ReadonlySet<number>) => void} spoil  have other bytes written in place of these blobs
 * @property {() => string} lost  why the device was lost; empty: it was not */

const MAP = { read: 1, write: 2 };
/** Of its own making: an adapter without it computes the same, or says which shader it refuses. */
const EXPERIMENTAL = /^(chromium|dawn)-experimental/;
/** @type {readonly GPUErrorFilter[]} */
const SCOPES = ["validation", "out-of-memory", "internal"];

/** Nothing is made yet.
 * @param {GPU} gpu @param {Trace} trace
 * @param {{ wait: Wait, needs?: readonly GPUFeatureName[], passes?: (held: Tables) => Partial<Makers> }} how
 *   `needs`: features beside the recording's own; `passes`: makers in place of these
 * @returns {Stage} */
export function staged(gpu, trace, { wait, needs = [], passes = () => ({}) }) {
  const held = tables();
  /** @type {Watch} */
  const watch = { submitted_ms: 0, mapped_ms: 0, pipelines_ms: 0, submits: [], waits: [], reads: [] };
  /** @type {Set<string>} */
  const errors = new Set();
  /** @type {Set<string>} */
  const left_out = new Set();
  /** @type {ReadonlyMap<number, Uint8Array<ArrayBuffer>>} */
  let spoilt = new Map();
  let lost = "";

  /** @param {number} blob */
  const written = (blob) => spoilt.get(blob) ?? trace.bytes(blob);

  /** @type {Map<number, Promise<unknown>>} */
  const mapping = new Map();
  /** @type {Map<number, Promise<GPUComputePipeline>>} */
  const compiling = new Map();
  /** @type {Promise<unknown>[]} */
  const working = [];
  /** @type {Promise<GPUError | null>[]} */
  const popping = [];

  /** @param {Extract<GpuCall, { op: "createComputePipeline" }>} call @returns {GPUComputePipelineDescriptor} */
  const pipelineOf = ({ label, layout, shader, entry, constants }) => ({
    label,
    layout: layout === null ? "auto" : held.pipelineLayouts.get(layout),
    compute: { module: held.shaders.get(shader).module, ...(entry === "" ? {} : { entryPoint: entry }), constants },
  });

  /** @type {Map<number, string>} */
  const labels = new Map();
  const texts = newTexts(trace.header.calls);
  /** @type {Map<number, number>} */
  const times = new Map();

  /** A text that the page had not made a shader of before stays one that nobody has compiled, however often its run is
   * replayed: else a cache would answer from the second time on, as it did not in the page.
   * @param {number} shader @param {string} code */
  function textOf(shader, code) {
    const before = times.get(shader) ?? 0;
    times.set(shader, before + 1);
    return before > 0 && texts.has(shader) ? `${code}\n// made again ${before}` : code;
  }

  /** @type {Makers} */
  const makers = {
    mark: () => undefined,
    async requestAdapter({ out, power }) {
      held.adapters.set(out, await wait(adapterOf(gpu, power)));
    },
    async requestDevice({ adapter, out, queue, features, limits }) {
      const found = held.adapters.get(adapter);
      const device = await wait(found.requestDevice(asked(found, features, limits)));
      device.addEventListener("uncapturederror", (event) => void errors.add(event.error.message));
      device.lost.then(({ reason, message }) => (lost = `${reason}: ${message}`));
      for (const filter of SCOPES) device.pushErrorScope(filter);
      held.devices.set(out, device);
      held.queues.set(queue, device.queue);
    },
    createBuffer: ({ device, out, size, usage, mapped }) =>
      held.buffers.set(out, held.devices.get(device).createBuffer({ size, usage, mappedAtCreation: mapped })),
    createShaderModule({ device, out, label, code: recorded }) {
      const code = textOf(out, recorded);
      held.shaders.set(out, { module: held.devices.get(device).createShaderModule({ code, label }), label });
    },
    createBindGroupLayout({ device, out, entries }) {
      const buffers = entries.map(({ binding, visibility, buffer }) => ({
        binding,
        visibility,
        buffer: { type: buffer.type, hasDynamicOffset: buffer.dynamic, minBindingSize: buffer.least },
      }));
      held.groupLayouts.set(out, held.devices.get(device).createBindGroupLayout({ entries: buffers }));
    },
    createPipelineLayout({ device, out, groups }) {
      const layouts = groups.map((one) => (one === null ? null : held.groupLayouts.get(one)));
      const bindGroupLayouts = /** @type {GPUBindGroupLayout[]} */ (layouts); // the type knows no gaps yet
      held.pipelineLayouts.set(out, held.devices.get(device).createPipelineLayout({ bindGroupLayouts }));
    },
    createComputePipeline(call) {
      const { device, out, shader, waits } = call;
      const label = call.label || held.shaders.get(shader).label || `pipeline ${out}`;
      labels.set(out, label);
      const began = now();
      if (waits) {
        const promise = held.devices.get(device).createComputePipelineAsync(pipelineOf(call));
        promise.catch(() => undefined); // whoever waits for it says so
        compiling.set(out, promise);
      } else {
        held.pipelines.set(out, { pipeline: held.devices.get(device).createComputePipeline(pipelineOf(call)), label });
      }
      watch.pipelines_ms += now() - began;
    },
    async pipelineReady({ pipeline: out }) {
      const began = now();
      const label = labels.get(out) ?? "";
      try {
        held.pipelines.set(out, { pipeline: await wait(taken(compiling, out)), label });
      } catch (thrown) {
        throw new Refusal(`the pipeline ${label} of the recording cannot be made here: ${String(thrown)}`);
      }
      watch.pipelines_ms += now() - began;
    },
    getBindGroupLayout: ({ pipeline, index, out }) =>
      held.groupLayouts.set(out, held.pipelines.get(pipeline).pipeline.getBindGroupLayout(index)),
    createBindGroup({ device, out, layout, entries }) {
      const bound = entries.map(({ binding, buffer, offset, size }) => ({
        binding,
        resource: { buffer: held.buffers.get(buffer), offset, ...(size === null ? {} : { size }) },
      }));
      const group = { layout: held.groupLayouts.get(layout), entries: bound };
      held.groups.set(out, held.devices.get(device).createBindGroup(group));
    },
    createQuerySet: ({ device, out, type, count }) =>
      held.queries.set(out, held.devices.get(device).createQuerySet({ type, count })),
    createCommandEncoder: ({ device, out }) =>
      held.encoders.set(out, held.devices.get(device).createCommandEncoder()),

    beginComputePass({ encoder, out, timestamps }) {
      const writes = timestamps && {
        querySet: held.queries.get(timestamps.queries),
        ...(timestamps.begin === null ? {} : { beginningOfPassWriteIndex: timestamps.begin }),
        ...(timestamps.end === null ? {} : { endOfPassWriteIndex: timestamps.end }),
      };
      const pass = held.encoders.get(encoder).beginComputePass(writes ? { timestampWrites: writes } : {});
      held.passes.set(out, pass);
    },
    setPipeline: ({ on, pipeline }) => held.passes.get(on).setPipeline(held.pipelines.get(pipeline).pipeline),
    setBindGroup: ({ on, index, group, offsets }) =>
      held.passes.get(on).setBindGroup(index, group === null ? null : held.groups.get(group), [...offsets]),
    dispatchWorkgroups: ({ on, count }) => held.passes.get(on).dispatchWorkgroups(...count),
    dispatchWorkgroupsIndirect: ({ on, buffer, offset }) =>
      held.passes.get(on).dispatchWorkgroupsIndirect(held.buffers.get(buffer), offset),
    end: ({ on }) => held.passes.get(on).end(),

    copyBufferToBuffer({ encoder, source, source_offset, target, target_offset, size }) {
      const [from, to] = [held.buffers.get(source), held.buffers.get(target)];
      const bytes = size ?? from.size - source_offset;
      held.encoders.get(encoder).copyBufferToBuffer(from, source_offset, to, target_offset, bytes);
    },
    clearBuffer({ encoder, buffer, offset, size }) {
      const cleared = held.buffers.get(buffer);
      held.encoders.get(encoder).clearBuffer(cleared, offset, size ?? cleared.size - offset);
    },
    resolveQuerySet: ({ encoder, queries, first, count, target, offset }) =>
      held.encoders
        .get(encoder)
        .resolveQuerySet(held.queries.get(queries), first, count, held.buffers.get(target), offset),
    finish: ({ encoder, out }) => held.commands.set(out, held.encoders.get(encoder).finish()),

    submit({ queue, commands }) {
      const given = commands.map((one) => held.commands.get(one));
      const began = now();
      held.queues.get(queue).submit(given);
      watch.submitted_ms = now();
      watch.submits.push([began, watch.submitted_ms]);
    },
    writeBuffer: ({ queue, buffer, offset, blob }) =>
      held.queues.get(queue).writeBuffer(held.buffers.get(buffer), offset, written(blob)),
    onSubmittedWorkDone: ({ queue }) => void working.push(held.queues.get(queue).onSubmittedWorkDone()),
    async workDone() {
      const began = now();
      await wait(working.shift() ?? Promise.resolve());
      watch.waits.push([began, now()]);
    },
    pushErrorScope: ({ device, filter }) => held.devices.get(device).pushErrorScope(filter),
    popErrorScope: ({ device }) => void popping.push(held.devices.get(device).popErrorScope()),
    async errorPopped({ error }) {
      const found = await wait(popping.shift() ?? Promise.resolve(null));
      if (found !== null && error === "") errors.add(found.message);
    },

    mapAsync({ buffer, mode, offset, size }) {
      const one = held.buffers.get(buffer);
      const promise = size === null ? one.mapAsync(MAP[mode], offset) : one.mapAsync(MAP[mode], offset, size);
      promise.catch(() => undefined);
      mapping.set(buffer, promise);
    },
    async mapped({ buffer }) {
      const began = now();
      await wait(taken(mapping, buffer));
      watch.mapped_ms = now();
      watch.waits.push([began, watch.mapped_ms]);
    },
    read(call) {
      const { buffer, offset, blob } = call;
      const range = held.buffers.get(buffer).getMappedRange(offset, trace.bytes(blob).length);
      watch.reads.push({ call, blob, bytes: new Uint8Array(range).slice() });
    },
    unmap({ buffer, writes }) {
      const one = held.buffers.get(buffer);
      for (const { offset, blob } of writes) {
        const bytes = written(blob);
        new Uint8Array(one.getMappedRange(offset, bytes.length)).set(bytes);
      }
      one.unmap();
    },
    destroyBuffer: ({ buffer }) => held.buffers.get(buffer).destroy(),
    destroyQuerySet: ({ queries }) => held.queries.get(queries).destroy(),
    destroyDevice: ({ device }) => held.devices.get(device).destroy(),
  };

  /** @param {GPUAdapter} adapter @param {readonly string[]} features @param {Readonly<Record<string, number>>} limits
   * @returns {GPUDeviceDescriptor} */
  function asked(adapter, features, limits) {
    const here = /** @type {ReadonlySet<string>} */ (/** @type {unknown} */ (adapter.features));
    const missing = [...features, ...needs].filter((name) => !here.has(name));
    const needed = missing.filter((name) => !EXPERIMENTAL.test(name));
    if (needed.length > 0) throw new Refusal(`this adapter lacks ${needed.join(", ")}, which the recording uses`);
    const known = Object.entries(limits).filter(([name]) => Reflect.get(adapter.limits, name) !== undefined);
    const unknown = Object.keys(limits).filter((name) => Reflect.get(adapter.limits, name) === undefined);
    for (const name of [...missing, ...unknown]) left_out.add(name);
    const wanted = new Set([...features, ...needs].filter((name) => here.has(name)));
    return {
      requiredFeatures: /** @type {GPUFeatureName[]} */ ([...wanted]),
      requiredLimits: Object.fromEntries(known),
    };
  }

  const all = { ...makers, ...passes(held) };
  const { calls } = trace.header;
  return {
    held,
    watch,
    errors,
    left_out,
    async carryOut(places) {
      for (const at of places) {
        const call = /** @type {GpuCall} */ (calls[at]);
        const make = /** @type {(call: GpuCall) => void | Promise<void>} */ (all[call.op]);
        const pending = make(call);
        if (pending !== undefined) await pending; // a call that does not wait takes no turn of the event loop
      }
    },
    spoil: (next) => void (spoilt = new Map([...next].map((blob) => [blob, spoiled(trace.bytes(blob))]))),
    lost: () => lost,
  };
}

/** What the setup met with, in the words of whoever refused; nothing where all is well.
 * @param {Stage} stage @param {Wait} wait */
export async function checked({ held, errors }, wait) {
  for (const device of held.devices.all()) {
    for (const _ of SCOPES) {
      const found = await wait(device.popErrorScope());
      if (found !== null) errors.add(found.message);
    }
  }
  if (errors.size === 0) return;
  for (const { module, label } of held.shaders.all()) {
    const { messages } = await wait(module.getCompilationInfo());
    const [first] = messages.filter(({ type }) => type === "error");
    if (first === undefined) continue;
    const where = `line ${first.lineNum}: ${first.message}`;
    throw new Refusal(`the shader ${label || "without a name"} of the recording does not compile here: ${where}`);
  }
  const [first] = errors;
  throw new Refusal(`the GPU refused a call of the recording: ${first}`);
}

/** Shaders whose text no earlier one has. @param {readonly GpuCall[]} calls */
function newTexts(calls) {
  /** @type {Map<string, number>} */
  const first = new Map();
  for (const call of calls) {
    if (call.op === "createShaderModule" && !first.has(call.code)) first.set(call.code, call.out);
  }
  return new Set(first.values());
}

/** @template T @param {Map<number, Promise<T>>} promises @param {number} number @returns {Promise<T>} */
function taken(promises, number) {
  const found = promises.get(number);
  if (found === undefined) throw new Error(`the recording waits for something that it did not ask for (${number})`);
  promises.delete(number);
  return found;
}

/** The same bytes, the two halves exchanged: other values of the same kind, so that ids stay ids. Where that changes
 * nothing, some bits of each float's fraction.
 * @param {Uint8Array<ArrayBuffer>} bytes @returns {Uint8Array<ArrayBuffer>} */
export function spoiled(bytes) {
  const half = (bytes.length >> 4) << 3;
  const turned = new Uint8Array(bytes.length);
  turned.set(bytes.subarray(half));
  turned.set(bytes.subarray(0, half), bytes.length - half);
  const changed = turned.some((byte, at) => byte !== bytes[at]);
  return changed ? turned : bytes.map((byte, at) => (at % 4 === 2 ? byte ^ 0x55 : byte));
}
