// @ts-check
/** What a page does with onnxruntime-web by itself, heard before any script of the page runs. Imports nothing and
 * exports nothing: its text is put in front of the scripts of a page, and of each of its workers.
 *
 * The library is bundled and minified, so its own objects are out of reach. But it sets what wasm exports on a
 * plain object, by name (`Module._OrtRun = ...`), and the page sets `env.wasm.numThreads` on another: an accessor
 * on `Object.prototype` hears the first assignment of a name, and makes it an accessor of that object alone. */

(() => {
  const KEY = Symbol.for("gapprof.observed");
  /** @type {any} */
  const realm = globalThis;
  if (realm[KEY] !== undefined) return;
  const host = inSameOrigin();
  if (host !== undefined) Object.defineProperty(realm, KEY, { enumerable: false, value: host });

  /** As stacks name this text: see its last line. */
  const NAME = "gapprof-observer";
  const MOST_RUNS = 100_000;
  const MOST_FRAMES = 4;
  const FILE = /\.(onnx|ort|onnx_data|data|bin|pb|wasm)($|\?)/i;
  const SETTINGS = ["numThreads", "wasmPaths", "initTimeout"];
  /** Options of a session for threads that onnxruntime has elsewhere, and onnxruntime-web never reads ... */
  const UNREAD = ["intraOpNumThreads", "interOpNumThreads"];
  /** ... and some that it reads right before it makes options: who is asked for them has the others, too. */
  const READ = ["logVerbosityLevel", "optimizedModelFilePath"];
  const CPU = [undefined, 0, 1, 2];
  const SAMPLED = 4096;

  /** @type {Record<string, any>[]} */
  const log = host?.all ?? [];
  /** @type {Uint8Array[]} */
  const blobs = host?.blobs ?? [];
  /** @type {WebAssembly.Memory[]} */
  const memories = [];

  const subtle = /** @type {SubtleCrypto | undefined} */ (realm.crypto?.subtle);
  /** The browser's own, whatever the page makes of it; undefined in a page that is no secure context. */
  const sha256 = subtle?.digest.bind(subtle, "SHA-256");

  const now = () => performance.timeOrigin + performance.now();
  /** @param {string} kind @param {Record<string, any>} facts */
  const heard = (kind, facts) => void log.push({ kind, at_ms: now(), ...facts });

  /** What a frame of the same origin around this one hears with: it is asked for both.
   * @returns {any} */
  function inSameOrigin() {
    try {
      return realm.parent === realm ? undefined : realm.parent?.[KEY];
    } catch {
      return undefined; // of another origin
    }
  }

  /** @param {ArrayBuffer | ArrayBufferView} bytes @returns {number} Where a copy is kept. */
  const copied = (bytes) =>
    kept(
      ArrayBuffer.isView(bytes)
        ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength).slice()
        : new Uint8Array(bytes).slice(),
    );

  /** What looks like something that is kept is that: a page may load one model over and over.
   * @param {Uint8Array} own Nobody else's. @returns {number} Where it is kept. */
  function kept(own) {
    const step = Math.max(1, own.length / SAMPLED);
    const same = blobs.findIndex((other) => {
      if (other.length !== own.length) return false;
      for (let at = 0; at < own.length; at += step) if (other[at | 0] !== own[at | 0]) return false;
      return true;
    });
    return same >= 0 ? same : blobs.push(own) - 1;
  }

  /** Lines of the stack above whoever calls this, without those of this file. */
  function callers() {
    const [, ...lines] = (new Error().stack ?? "").split("\n");
    const theirs = lines.filter((line) => !line.includes(NAME));
    return theirs.slice(0, MOST_FRAMES).map((line) => line.trim().replace(/^at /, ""));
  }

  /** @param {any} value @returns {value is Promise<any>} */
  const isPromise = (value) => typeof value?.then === "function";

  /** Whatever goes wrong here is none of the page's business.
   * @param {() => void} work */
  function unheard(work) {
    try {
      work();
    } catch (thrown) {
      heard("trouble", { text: String(thrown) });
    }
  }

  /** What a call comes to, now or later, and when it began and how long it took.
   * @param {() => any} call @param {(result: any, began_ms: number, took_ms: number) => void} then */
  function timed(call, then) {
    const at = now();
    const began = performance.now();
    const result = call();
    const ended = (/** @type {any} */ value) => unheard(() => then(value, at, performance.now() - began));
    if (isPromise(result)) result.then(ended, () => undefined);
    else ended(result);
    return result;
  }

  // ---- wasm -------------------------------------------------------------------------------------------------

  /** @param {string} how @param {string} url @param {ArrayBuffer | ArrayBufferView} bytes */
  const wasm = (how, url, bytes) =>
    unheard(() => heard("wasm", { how, url, blob: copied(bytes), size_bytes: bytes.byteLength }));

  /** @param {"instantiateStreaming" | "compileStreaming"} name */
  function overhearStream(name) {
    const own = /** @type {any} */ (WebAssembly)[name];
    if (own === undefined) return;
    /** @type {any} */ (WebAssembly)[name] = async (/** @type {any} */ source, /** @type {any[]} */ ...others) => {
      const response = await source;
      unheard(() => {
        if (!(response instanceof Response) || !response.ok) return;
        const bytes = response.clone().arrayBuffer();
        bytes.then((whole) => wasm(name, response.url, whole), () => undefined);
      });
      return own.call(WebAssembly, response, ...others);
    };
  }

  /** @param {"instantiate" | "compile"} name */
  function overhearBytes(name) {
    const own = /** @type {any} */ (WebAssembly)[name];
    /** @type {any} */ (WebAssembly)[name] = (/** @type {any} */ source, /** @type {any[]} */ ...others) => {
      if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) wasm(name, "", source);
      return own.call(WebAssembly, source, ...others);
    };
  }

  /** A class whose making is heard; it stays what it was for everybody who looks at it.
   * @param {any} holder @param {string} name @param {(made: any, args: any[]) => void} then */
  function overhearNew(holder, name, then) {
    const own = holder[name];
    if (own === undefined) return;
    holder[name] = new Proxy(own, {
      construct(target, args, newTarget) {
        const made = Reflect.construct(target, args, newTarget);
        unheard(() => then(made, args));
        return made;
      },
    });
  }

  // ---- names that the library and the page set on objects of their own ------------------------------------------

  /** @param {string} name @param {(owner: any, value: any) => any} heardOf Gives what is to be kept instead. */
  function overhearName(name, heardOf) {
    Object.defineProperty(Object.prototype, name, {
      configurable: true,
      enumerable: false,
      get: () => undefined,
      set(value) {
        hold(this, value);
      },
    });

    /** @param {any} owner @param {any} value */
    function hold(owner, value) {
      if (Object(owner) !== owner) return; // a number or a text keeps nothing
      let held = heardOf(owner, value);
      Object.defineProperty(owner, name, {
        configurable: true,
        enumerable: true,
        get: () => held,
        set(next) {
          if (this === owner) held = heardOf(owner, next);
          else hold(this, next); // an object that inherits from the owner
        },
      });
    }
  }

  /** Whoever is asked for a name that it does not have. @param {string} name @param {(asked: any) => void} then */
  function overhearReading(name, then) {
    Object.defineProperty(Object.prototype, name, {
      configurable: true,
      enumerable: false,
      get() {
        unheard(() => then(this));
        return undefined;
      },
      set(value) {
        Reflect.defineProperty(this, name, { configurable: true, enumerable: true, writable: true, value });
      },
    });
  }

  /** @param {string} name @param {(module: any, call: () => any, args: any[]) => any} around */
  function overhearCalls(name, around) {
    let under_way = 0;
    const over = () => void (under_way -= 1);
    overhearName(name, (module, value) => {
      if (typeof value !== "function") return value;
      return (/** @type {any[]} */ ...args) => {
        if (under_way > 0) return value(...args); // a build for GPUs wraps what it wrapped, and one call is one
        let called = false;
        const call = () => {
          called = true;
          return value(...args);
        };
        let result;
        under_way += 1;
        try {
          result = around(module, call, args);
        } catch (thrown) {
          over();
          if (called) throw thrown; // the library's own
          heard("trouble", { text: `${name}: ${String(thrown)}` });
          return value(...args);
        }
        if (isPromise(result)) result.then(over, over);
        else over();
        return result;
      };
    });
  }

  // ---- the library's memory ---------------------------------------------------------------------------------

  /** @type {WeakMap<any, WebAssembly.Memory>} */
  const memoryOf = new WeakMap();

  /** All of it, as large as it is now: the library's own view may be older than its memory.
   * @param {any} module @returns {Uint8Array} */
  function heap(module) {
    const known = memoryOf.get(module) ?? memories.find((one) => one.buffer === module.HEAPU8?.buffer);
    if (known === undefined) return module.HEAPU8 ?? new Uint8Array();
    memoryOf.set(module, known);
    return new Uint8Array(known.buffer);
  }

  /** @param {any} module @param {number} at @param {number} size */
  const bytesAt = (module, at, size) => heap(module).slice(Number(at), Number(at) + Number(size));

  /** @param {any} module @param {number} at @param {number} count @returns {number[]} */
  const pointersAt = (module, at, count) => [...new Uint32Array(bytesAt(module, at, 4 * count).buffer)];

  /** Whether the library's own memory is shared: by its tag, for a page that is not isolated has no name for it.
   * @param {any} module @returns {boolean | null} */
  function isShared(module) {
    const { buffer } = heap(module);
    return buffer.byteLength === 0 ? null : Object.prototype.toString.call(buffer) === "[object SharedArrayBuffer]";
  }

  /** @param {any} module @param {number} at @returns {string} Empty at no address. */
  function textAt(module, at) {
    if (!at) return "";
    const all = heap(module);
    let end = Number(at);
    while (end < all.length && all[end] !== 0) end += 1;
    return new TextDecoder().decode(all.slice(Number(at), end));
  }

  // ---- what the library does ----------------------------------------------------------------------------------

  /** @type {WeakMap<any, number>} Modules of the library by number: their handles are addresses of their own. */
  const modules = new WeakMap();
  let count = 0;
  /** @param {any} module @param {any} handle */
  function keyed(module, handle) {
    if (!modules.has(module)) modules.set(module, (count += 1));
    return `${now0}.${modules.get(module)}.${handle}`;
  }
  const now0 = performance.timeOrigin;

  /** @type {Map<string, any>} Options, by the words of `SessionLine`. */
  const options = new Map();
  /** @type {Map<string, { type: number, at: number, size: number, dims: number[], cpu: boolean }>} */
  const tensors = new Map();
  /** @type {Map<string, Map<string, number>>} Bindings: what an input's name is bound to. */
  const bindings = new Map();
  /** @type {Set<string>} Sessions whose inputs have been kept. */
  const fed = new Set();
  let runs = 0;

  /** Without values where these are on a GPU: nobody reads them back.
   * @param {any} module @param {string} name @param {number} handle */
  function inputOf(module, name, handle) {
    const tensor = tensors.get(keyed(module, handle));
    const whole = tensor !== undefined && tensor.cpu;
    return {
      name,
      type: tensor?.type ?? 0,
      dims: tensor?.dims ?? [],
      blob: whole ? kept(bytesAt(module, tensor.at, tensor.size)) : null,
    };
  }

  /** @type {[string, string][]} Of the session that is about to be made: what nobody is going to read. */
  let unread = [];
  /** @param {any} asked */
  const keepUnread = (asked) => {
    unread = UNREAD.filter((name) => asked[name] !== undefined).map((name) => [name, String(asked[name])]);
  };

  /** @param {any} module @param {any[]} args */
  function inputsOf(module, args) {
    const [, names, values, count] = args;
    const texts = pointersAt(module, names, count).map((at) => textAt(module, at));
    return pointersAt(module, values, count).map((handle, at) => inputOf(module, texts[at] ?? "", handle));
  }

  /** @param {any} module @param {any[]} args */
  function boundInputsOf(module, args) {
    const bound = bindings.get(keyed(module, args[1])) ?? new Map();
    return [...bound].map(([name, handle]) => inputOf(module, name, handle));
  }

  /** @param {string} name @param {(module: any, args: any[]) => any[]} inputs Of a session's first run. */
  function overhearRuns(name, inputs) {
    const bound = name === "_OrtRunWithBinding";
    overhearCalls(name, (module, call, args) => {
      const session = keyed(module, args[0]);
      if (!fed.has(session)) {
        fed.add(session);
        heard("inputs", { session, inputs: inputs(module, args) });
      }
      return timed(call, (code, began_ms, took_ms) => {
        runs += 1;
        const failed = Boolean(code);
        if (runs <= MOST_RUNS) log.push({ kind: "run", session, began_ms, took_ms, failed, bound });
      });
    });
  }

  /** As `setSessionOptions` of `lib/wasm/session-options.ts` hands them over, in 1.18 as in 1.30.
   * @param {any} module @param {any[]} args */
  function optionsOf(module, args) {
    const [level, arena, mem_pattern, mode, profiling, , log_id, severity, verbosity, saved_path] = args;
    return {
      level,
      arena: Boolean(arena),
      mem_pattern: Boolean(mem_pattern),
      mode,
      profiling: Boolean(profiling),
      log_id: textAt(module, log_id),
      severity,
      verbosity,
      saved_path: textAt(module, saved_path),
      entries: [],
      free_dims: [],
      providers: [],
      provider_options: [],
    };
  }

  function overhearLibrary() {
    overhearCalls("_OrtInit", (_module, call, args) => {
      heard("init", { threads: Number(args[0]) });
      return call();
    });
    overhearCalls("_OrtCreateSessionOptions", (module, call, args) => {
      const given = { ...optionsOf(module, args), unread };
      unread = [];
      return timed(call, (handle) => options.set(keyed(module, handle), given));
    });
    for (const name of READ) overhearReading(name, keepUnread);
    overhearCalls("_OrtAddSessionConfigEntry", (module, call, args) => {
      options.get(keyed(module, args[0]))?.entries.push([textAt(module, args[1]), textAt(module, args[2])]);
      return call();
    });
    overhearCalls("_OrtAddFreeDimensionOverride", (module, call, args) => {
      options.get(keyed(module, args[0]))?.free_dims.push([textAt(module, args[1]), String(args[2])]);
      return call();
    });
    overhearCalls("_OrtAppendExecutionProvider", (module, call, args) => {
      const [handle, name, keys, values, count = 0] = args; // older ones end with the name
      const provider = textAt(module, name);
      const texts = pointersAt(module, values, count).map((at) => textAt(module, at));
      const chosen = options.get(keyed(module, handle));
      chosen?.providers.push(provider);
      pointersAt(module, keys, count).forEach((at, place) =>
        chosen?.provider_options.push([provider, textAt(module, at), texts[place]]),
      );
      return call();
    });
    overhearCalls("mountExternalData", (_module, call, args) => {
      if (args[1] instanceof Uint8Array) heard("external", { path: String(args[0]), blob: copied(args[1]) });
      return call();
    });
    overhearCalls("_OrtCreateSession", (module, call, args) => {
      const model = kept(bytesAt(module, args[0], args[1]));
      const size_bytes = blobs[model]?.length ?? 0;
      const stack = callers();
      const chosen = options.get(keyed(module, args[2]));
      return timed(call, (handle, began_ms, took_ms) => {
        const session = keyed(module, handle);
        fed.delete(session); // of one that had this address before
        const created = { session, created: Boolean(handle), blob: model, size_bytes, began_ms, took_ms };
        heard("session", { ...created, ...chosen, shared: isShared(module), stack });
      });
    });
    overhearCalls("_OrtCreateTensor", (module, call, args) => {
      const [type, at, size, dims, rank, location] = args;
      const shape = pointersAt(module, dims, rank);
      const cpu = CPU.includes(location);
      return timed(call, (handle) => tensors.set(keyed(module, handle), { type, at, size, dims: shape, cpu }));
    });
    overhearCalls("_OrtReleaseTensor", (module, call, args) => {
      tensors.delete(keyed(module, args[0]));
      return call();
    });
    overhearCalls("_OrtCreateBinding", (module, call) =>
      timed(call, (handle) => bindings.set(keyed(module, handle), new Map())),
    );
    overhearCalls("_OrtBindInput", (module, call, args) => {
      bindings.get(keyed(module, args[0]))?.set(textAt(module, args[1]), args[2]);
      return call();
    });
    overhearRuns("_OrtRun", inputsOf);
    overhearRuns("_OrtRunWithBinding", boundInputsOf); // where outputs stay on a GPU
  }

  // ---- the page -----------------------------------------------------------------------------------------------

  function overhearPage() {
    for (const name of SETTINGS) {
      overhearName(name, (_owner, value) => {
        unheard(() => {
          const text = typeof value === "object" ? (JSON.stringify(value) ?? "") : String(value);
          heard("setting", { name, value: text, stack: callers() });
        });
        return value;
      });
    }
    overhearNew(realm, "Worker", (_made, [url, how]) =>
      heard("worker", { url: String(url), name: String(how?.name ?? ""), stack: callers() }),
    );
    const { fetch } = realm;
    if (fetch === undefined) return;
    realm.fetch = (/** @type {any} */ what, /** @type {any} */ how) => {
      const answer = fetch.call(realm, what, how);
      const url = String(what?.url ?? what);
      if (FILE.test(url)) {
        const began_ms = now();
        answer.then(
          (/** @type {Response} */ response) =>
            heard("fetch", {
              url: response.url,
              status: response.status,
              size_bytes: Number(response.headers.get("content-length") ?? 0),
              began_ms,
            }),
          () => undefined,
        );
      }
      return answer;
    };
  }

  overhearStream("instantiateStreaming");
  overhearStream("compileStreaming");
  overhearBytes("instantiate");
  overhearBytes("compile");
  overhearNew(WebAssembly, "Module", (_made, [bytes]) => wasm("Module", "", bytes));
  overhearNew(WebAssembly, "Memory", (made, [{ initial, maximum, shared }]) => {
    if (Number(initial) === 0) return; // only to see whether it may be shared
    memories.push(made);
    heard("memory", { initial: Number(initial), maximum: Number(maximum ?? 0), shared: Boolean(shared) });
  });
  overhearLibrary();
  overhearPage();

  if (host !== undefined) return;
  Object.defineProperty(realm, KEY, {
    enumerable: false,
    value: {
      all: log,
      blobs,
      /** What was heard from that place on, as JSON; all of it, where whoever asks knows another document's log.
       * @param {number} born @param {number} from */
      since: (born, from) =>
        JSON.stringify({
          born: performance.timeOrigin,
          isolated: Boolean(realm.crossOriginIsolated),
          log: born === performance.timeOrigin ? log.slice(from) : log,
        }),
      /** Of bytes of that document; empty where they are none of this one's.
       * @param {number} born @param {number} blob */
      size: (born, blob) => (born === performance.timeOrigin ? String(blobs[blob]?.length ?? "") : ""),
      /** Of the same: their SHA-256, in hexadecimal digits; empty where nobody may compute it.
       * @param {number} born @param {number} blob */
      async digest(born, blob) {
        const whole = born === performance.timeOrigin ? blobs[blob] : undefined;
        if (sha256 === undefined || whole === undefined) return "";
        const digits = new Uint8Array(await sha256(/** @type {any} */ (whole)));
        return Array.from(digits, (one) => one.toString(16).padStart(2, "0")).join("");
      },
      /** @param {number} blob @param {number} from @param {number} to In base64. */
      part(blob, from, to) {
        const view = blobs[blob]?.subarray(from, to) ?? new Uint8Array();
        let text = "";
        for (let at = 0; at < view.length; at += 32768) {
          text += String.fromCharCode(...view.subarray(at, at + 32768));
        }
        return btoa(text);
      },
    },
  });
})();
//# sourceURL=gapprof-observer
