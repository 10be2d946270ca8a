// @ts-check
/** Every call of WebGPU that a realm makes, with what it writes and reads, as plain values. Runs before any script of
 * the realm, imports nothing and exports nothing: whoever wants the calls finds them under the symbol below.
 *
 * A call is noted after the browser took it, so one that throws is not noted, and nothing that goes wrong here reaches
 * the page. What a trace cannot hold (textures, drawing, whatever WebGPU learns later) is noted by its name. */

(() => {
  const KEY = Symbol.for("gapprof.gpu");
  /** @type {any} */
  const realm = globalThis;
  if (realm[KEY] !== undefined || realm.GPUDevice === undefined) return;

  /** @typedef {import("../wire.js").GpuCall} GpuCall */
  /** A call before the adapter that it names was asked who it is.
   * @typedef {GpuCall | { op: "requestAdapter", out: number, power: string }} Noted */

  /** Bytes that calls and blobs may take together; whoever installs this may say otherwise. */
  const MOST = /** @type {number} */ (realm[Symbol.for("gapprof.gpu.most")] ?? 2 ** 30);
  /** About what a call takes in the header, without its texts. */
  const CALL_BYTES = 96;
  const READ = 1;
  /** Change nothing of what is computed. */
  const HARMLESS = /DebugGroup|DebugMarker|EventListener|dispatchEvent/;
  /** Classes whose other methods a replay would have to make, too. */
  const MATTERING = /^GPU.*(Encoder|Device|Queue|Buffer|Bundle)$/;

  let on = true;
  let room = MOST;
  let ended = "";
  let lost = "";
  let running = "before the first run";
  /** @type {Noted[]} */
  const calls = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const blobs = [];
  /** @type {Map<string, number[]>} Length and hash → blobs that have them. */
  const alike = new Map();
  /** @type {Set<string>} */
  const unsupported = new Set();
  /** @type {Set<string>} */
  const errors = new Set();
  /** @type {Map<number, GPUAdapter>} */
  const adapters = new Map();

  const now = () => performance.now();

  /** Whatever goes wrong here is none of the page's business, but then there is no whole recording.
   * @param {() => void} work */
  function unheard(work) {
    if (!on) return;
    try {
      work();
    } catch (thrown) {
      unsupported.add(`something the recorder stumbled over (${String(thrown)})`);
    }
  }

  /** @param {number} bytes */
  function take(bytes) {
    room -= bytes;
    if (room >= 0) return true;
    ended ||= `the recording passed ${MOST} bytes, which is all it may have, ${running}`;
    on = false;
    for (const kept of [calls, blobs]) kept.length = 0;
    alike.clear();
    return false;
  }

  /** @param {Noted} call @param {number} [bytes] Of its texts. */
  const note = (call, bytes = 0) => void (take(CALL_BYTES + bytes) && calls.push(call));

  // ---- objects and bytes -----------------------------------------------------------------------------------------

  /** @type {WeakMap<object, number>} */
  const numbers = new WeakMap();
  let last = 0;

  /** @param {object} made */
  function made(made) {
    numbers.set(made, (last += 1));
    return last;
  }

  /** @param {any} used @returns {number} */
  function used(used) {
    const known = numbers.get(used);
    if (known !== undefined) return known;
    unsupported.add(`a ${used?.constructor?.name ?? typeof used} from before the recording`);
    return made(used);
  }

  /** Of all whole words. @param {Uint8Array} bytes */
  function hash(bytes) {
    const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
    const words = new Uint32Array(buffer, byteOffset, length >> 2);
    let mixed = 0x811c9dc5;
    for (let at = 0; at < words.length; at += 1) {
      mixed = Math.imul(mixed ^ /** @type {number} */ (words[at]), 0x01000193);
      mixed ^= mixed >>> 15;
    }
    return mixed >>> 0;
  }

  /** @param {Uint8Array} a @param {Uint8Array} b Of the same length. */
  function same(a, b) {
    for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
    return true;
  }

  /** @param {ArrayBufferLike | ArrayBufferView} source */
  const viewed = (source) =>
    ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source);

  /** The number of a blob with these bytes; a model's weights are kept once however often they are written.
   * @param {Uint8Array} bytes Somebody else's, who may change them next. @returns {number} */
  function blob(bytes) {
    const name = `${bytes.length}:${hash(bytes)}`;
    const known = alike.get(name) ?? [];
    const found = known.find((number) => same(/** @type {Uint8Array} */ (blobs[number]), bytes));
    if (found !== undefined) return found;
    if (!take(bytes.length)) return 0;
    const number = blobs.push(new Uint8Array(bytes)) - 1;
    alike.set(name, [...known, number]);
    return number;
  }

  // ---- wrapping ----------------------------------------------------------------------------------------------------

  /** @type {Map<string, Set<string>>} Class → methods that are heard. */
  const heard = new Map();

  /** @param {string} owner @param {string} name @param {(own: Function, self: any, args: any[]) => any} around */
  function wrap(owner, name, around) {
    const prototype = realm[owner]?.prototype;
    const own = prototype?.[name];
    heard.set(owner, (heard.get(owner) ?? new Set()).add(name));
    if (typeof own !== "function") return;
    prototype[name] = function (/** @type {any[]} */ ...args) {
      return on ? around(own, this, args) : own.apply(this, args);
    };
  }

  /** @param {string} owner @param {string} name @param {(self: any, args: any[], result: any) => void} then */
  function after(owner, name, then) {
    wrap(owner, name, (own, self, args) => {
      const result = own.apply(self, args);
      unheard(() => then(self, args, result));
      return result;
    });
  }

  /** A call that gives a promise: what is noted at once, and what when it is kept.
   * @param {string} owner @param {string} name @param {(self: any, args: any[]) => any} at_once
   * @param {(self: any, result: any, before: any, args: any[]) => void} kept */
  function promised(owner, name, at_once, kept) {
    wrap(owner, name, (own, self, args) => {
      /** @type {any} */
      let before;
      const promise = own.apply(self, args);
      unheard(() => (before = at_once(self, args)));
      return promise.then((/** @type {any} */ result) => {
        unheard(() => kept(self, result, before, args));
        return result;
      });
    });
  }

  // ---- adapter and device ------------------------------------------------------------------------------------------

  promised(
    "GPU",
    "requestAdapter",
    () => undefined,
    (_self, adapter, _before, [options]) => {
      if (adapter === null) return;
      const out = made(adapter);
      adapters.set(out, adapter);
      note({ op: "requestAdapter", out, power: String(options?.powerPreference ?? "") });
    },
  );
  promised(
    "GPUAdapter",
    "requestDevice",
    () => undefined,
    (self, device, _before, [wanted]) => {
      const asked = Object.entries(wanted?.requiredLimits ?? {}).filter(([, value]) => value !== undefined);
      note({
        op: "requestDevice",
        adapter: used(self),
        out: made(device),
        queue: made(device.queue),
        features: [...(wanted?.requiredFeatures ?? [])],
        limits: Object.fromEntries(asked.map(([name, value]) => [name, Number(value)])),
      });
      device.addEventListener("uncapturederror", (/** @type {GPUUncapturedErrorEvent} */ event) => {
        if (on) errors.add(event.error.message);
      });
      device.lost.then((/** @type {GPUDeviceLostInfo} */ info) => {
        if (on) lost ||= `${info.reason}: ${info.message}`;
      });
    },
  );
  after("GPUDevice", "destroy", (self) => note({ op: "destroyDevice", device: used(self) }));
  after("GPUDevice", "pushErrorScope", (self, [filter]) =>
    note({ op: "pushErrorScope", device: used(self), filter }),
  );
  promised(
    "GPUDevice",
    "popErrorScope",
    (self) => note({ op: "popErrorScope", device: used(self) }),
    (self, error) => note({ op: "errorPopped", device: used(self), error: error?.message ?? "" }),
  );

  // ---- what a device makes -----------------------------------------------------------------------------------------

  /** Buffers that are mapped → whether for reading, and the ranges that the page writes to.
   * @type {WeakMap<object, { reads: boolean, ranges: [number, ArrayBuffer][] }>} */
  const mapped = new WeakMap();

  after("GPUDevice", "createBuffer", (self, [{ size, usage, mappedAtCreation }], buffer) => {
    const open = Boolean(mappedAtCreation);
    note({ op: "createBuffer", device: used(self), out: made(buffer), size: Number(size), usage, mapped: open });
    if (open) mapped.set(buffer, { reads: false, ranges: [] });
  });
  after("GPUDevice", "createShaderModule", (self, [{ code, label }], shader) => {
    const [text, name] = [String(code), String(label ?? "")];
    note({ op: "createShaderModule", device: used(self), out: made(shader), label: name, code: text }, text.length);
  });
  after("GPUDevice", "createBindGroupLayout", (self, [{ entries }], layout) => {
    const buffers = [...entries].map((entry) => {
      if (entry.buffer === undefined) unsupported.add("createBindGroupLayout of a texture or sampler");
      const { type, hasDynamicOffset, minBindingSize } = entry.buffer ?? {};
      return {
        binding: entry.binding,
        visibility: entry.visibility,
        buffer: { type: type ?? "uniform", dynamic: Boolean(hasDynamicOffset), least: Number(minBindingSize ?? 0) },
      };
    });
    const bytes = CALL_BYTES * buffers.length;
    note({ op: "createBindGroupLayout", device: used(self), out: made(layout), entries: buffers }, bytes);
  });
  after("GPUDevice", "createPipelineLayout", (self, [{ bindGroupLayouts, immediateSize }], layout) => {
    if (immediateSize) unsupported.add("createPipelineLayout with immediate data");
    const groups = [...bindGroupLayouts].map((one) => (one ? used(one) : null));
    note({ op: "createPipelineLayout", device: used(self), out: made(layout), groups });
  });

  /** @param {any} device @param {any} wanted @param {number} out @param {boolean} waits */
  function notePipeline(device, wanted, out, waits) {
    const { module, entryPoint, constants } = wanted.compute;
    note({
      op: "createComputePipeline",
      device: used(device),
      out,
      label: String(wanted.label ?? ""),
      layout: wanted.layout === "auto" ? null : used(wanted.layout),
      shader: used(module),
      entry: String(entryPoint ?? ""),
      constants: { ...constants },
      waits,
      at_ms: now(),
    });
  }

  after("GPUDevice", "createComputePipeline", (self, [wanted], pipeline) =>
    notePipeline(self, wanted, made(pipeline), false),
  );
  promised(
    "GPUDevice",
    "createComputePipelineAsync",
    (self, [wanted]) => {
      const out = (last += 1);
      notePipeline(self, wanted, out, true);
      return out;
    },
    (_self, pipeline, out) => {
      numbers.set(pipeline, out);
      note({ op: "pipelineReady", pipeline: out, at_ms: now() });
    },
  );
  after("GPUComputePipeline", "getBindGroupLayout", (self, [index], layout) =>
    note({ op: "getBindGroupLayout", pipeline: used(self), index, out: made(layout) }),
  );
  after("GPUDevice", "createBindGroup", (self, [{ layout, entries }], group) => {
    const bound = [...entries].map(({ binding, resource }) => {
      const { buffer, offset, size } = resource instanceof GPUBuffer ? { buffer: resource } : resource;
      if (!(buffer instanceof GPUBuffer)) unsupported.add("createBindGroup of a texture or sampler");
      return { binding, buffer: used(buffer), offset: Number(offset ?? 0), size: size === undefined ? null : Number(size) };
    });
    const bytes = CALL_BYTES * bound.length;
    note({ op: "createBindGroup", device: used(self), out: made(group), layout: used(layout), entries: bound }, bytes);
  });
  after("GPUDevice", "createQuerySet", (self, [{ type, count }], queries) =>
    note({ op: "createQuerySet", device: used(self), out: made(queries), type, count }),
  );
  after("GPUDevice", "createCommandEncoder", (self, _args, encoder) =>
    note({ op: "createCommandEncoder", device: used(self), out: made(encoder) }),
  );

  // ---- commands ----------------------------------------------------------------------------------------------------

  after("GPUCommandEncoder", "beginComputePass", (self, [wanted], pass) => {
    const writes = wanted?.timestampWrites;
    const timestamps = writes && {
      queries: used(writes.querySet),
      begin: writes.beginningOfPassWriteIndex ?? null,
      end: writes.endOfPassWriteIndex ?? null,
    };
    note({ op: "beginComputePass", encoder: used(self), out: made(pass), timestamps: timestamps ?? null });
  });
  after("GPUComputePassEncoder", "setPipeline", (self, [pipeline]) =>
    note({ op: "setPipeline", on: used(self), pipeline: used(pipeline) }),
  );
  after("GPUComputePassEncoder", "setBindGroup", (self, [index, group, offsets, begin, length]) => {
    const all = [...(offsets ?? [])];
    const dynamic = begin === undefined ? all : all.slice(begin, begin + length);
    note({ op: "setBindGroup", on: used(self), index, group: group ? used(group) : null, offsets: dynamic });
  });
  after("GPUComputePassEncoder", "dispatchWorkgroups", (self, [x, y, z]) =>
    note({ op: "dispatchWorkgroups", on: used(self), count: [x, y ?? 1, z ?? 1] }),
  );
  after("GPUComputePassEncoder", "dispatchWorkgroupsIndirect", (self, [buffer, offset]) =>
    note({ op: "dispatchWorkgroupsIndirect", on: used(self), buffer: used(buffer), offset: Number(offset) }),
  );
  after("GPUComputePassEncoder", "end", (self) => note({ op: "end", on: used(self) }));
  after("GPUCommandEncoder", "copyBufferToBuffer", (self, args) => {
    const whole = typeof args[1] === "object" ? [args[0], 0, args[1], 0, args[2]] : args;
    const [source, source_offset, target, target_offset, size] = whole;
    note({
      op: "copyBufferToBuffer",
      encoder: used(self),
      source: used(source),
      source_offset: Number(source_offset ?? 0),
      target: used(target),
      target_offset: Number(target_offset ?? 0),
      size: size === undefined ? null : Number(size),
    });
  });
  after("GPUCommandEncoder", "clearBuffer", (self, [buffer, offset, size]) =>
    note({
      op: "clearBuffer",
      encoder: used(self),
      buffer: used(buffer),
      offset: Number(offset ?? 0),
      size: size === undefined ? null : Number(size),
    }),
  );
  after("GPUCommandEncoder", "resolveQuerySet", (self, [queries, first, count, target, offset]) =>
    note({
      op: "resolveQuerySet",
      encoder: used(self),
      queries: used(queries),
      first,
      count,
      target: used(target),
      offset: Number(offset),
    }),
  );
  after("GPUCommandEncoder", "finish", (self, _args, commands) =>
    note({ op: "finish", encoder: used(self), out: made(commands) }),
  );

  // ---- the queue, and mapped memory ----------------------------------------------------------------------------------

  wrap("GPUQueue", "submit", (own, self, [given]) => {
    const commands = [...given]; // it may be a sequence that can be walked once
    own.call(self, commands);
    unheard(() => note({ op: "submit", queue: used(self), commands: commands.map(used), at_ms: now() }));
  });
  after("GPUQueue", "writeBuffer", (self, [buffer, offset, data, begin = 0, count]) => {
    const unit = ArrayBuffer.isView(data) ? (/** @type {any} */ (data).BYTES_PER_ELEMENT ?? 1) : 1;
    const whole = viewed(data);
    const end = count === undefined ? whole.length : (begin + count) * unit;
    const kept = blob(whole.subarray(begin * unit, end));
    note({ op: "writeBuffer", queue: used(self), buffer: used(buffer), offset: Number(offset), blob: kept });
  });
  promised(
    "GPUQueue",
    "onSubmittedWorkDone",
    (self) => note({ op: "onSubmittedWorkDone", queue: used(self), at_ms: now() }),
    (self) => note({ op: "workDone", queue: used(self), at_ms: now() }),
  );
  promised(
    "GPUBuffer",
    "mapAsync",
    (self, [mode, offset, size]) =>
      note({
        op: "mapAsync",
        buffer: used(self),
        mode: mode & READ ? "read" : "write",
        offset: Number(offset ?? 0),
        size: size === undefined ? null : Number(size),
        at_ms: now(),
      }),
    (self, _result, _before, [mode]) => {
      mapped.set(self, { reads: Boolean(mode & READ), ranges: [] });
      note({ op: "mapped", buffer: used(self), at_ms: now() });
    },
  );
  after("GPUBuffer", "getMappedRange", (self, [begin], range) => {
    const offset = Number(begin ?? 0);
    const state = mapped.get(self);
    // What is read is kept here and not when it is unmapped: a library may destroy the buffer without.
    if (state?.reads) note({ op: "read", buffer: used(self), offset, blob: blob(viewed(range)) });
    else state?.ranges.push([offset, range]);
  });
  wrap("GPUBuffer", "unmap", (own, self, args) => {
    unheard(() => {
      const ranges = mapped.get(self)?.ranges ?? [];
      const filled = ranges.filter(([, range]) => range.byteLength > 0);
      const writes = filled.map(([offset, range]) => ({ offset, blob: blob(viewed(range)) }));
      note({ op: "unmap", buffer: used(self), writes }, CALL_BYTES * writes.length);
      mapped.delete(self);
    });
    return own.apply(self, args);
  });
  after("GPUBuffer", "destroy", (self) => {
    mapped.delete(self);
    note({ op: "destroyBuffer", buffer: used(self) });
  });
  after("GPUQuerySet", "destroy", (self) => note({ op: "destroyQuerySet", queries: used(self) }));

  // ---- everything else -----------------------------------------------------------------------------------------------

  for (const owner of Object.getOwnPropertyNames(realm).filter((name) => MATTERING.test(name))) {
    const methods = Object.getOwnPropertyDescriptors(realm[owner]?.prototype ?? {});
    for (const [name, { value }] of Object.entries(methods)) {
      const known = heard.get(owner)?.has(name) || name === "constructor" || HARMLESS.test(name);
      if (typeof value === "function" && !known) after(owner, name, () => unsupported.add(`${owner}.${name}`));
    }
  }

  Object.defineProperty(realm, KEY, {
    enumerable: false,
    value: {
      /** A run of the model begins or ends. @param {number} run @param {"begin" | "end"} edge */
      mark(run, edge) {
        running = edge === "begin" ? `in run ${run}` : `after run ${run}`;
        unheard(() => note({ op: "mark", run, edge, at_ms: now() }));
      },
      /** From here on nothing is noted. */
      stop: () => void (on = false),
      /** All there is; none of it is copied. */
      told: () => ({ calls, blobs, adapters, unsupported: [...unsupported], errors: [...errors], ended, lost }),
    },
  });
})();
//# sourceURL=gapprof-gpu-recorder
