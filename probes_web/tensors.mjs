// @ts-check
/** Tensors as raw little-endian bytes and slices, and as onnxruntime-web has them. */

/** @typedef {import("./wire.js").TensorSlice} TensorSlice */
/** @typedef {typeof import("onnxruntime-web")} Ort */
/** @typedef {import("onnxruntime-web").Tensor} Tensor */

/** @typedef {ArrayBufferView<ArrayBuffer>} Numbers */

/** numpy's name of a dtype → bytes to the array that onnxruntime-web takes. Without Float16Array it takes raw bits.
 * @type {ReadonlyMap<string, (bytes: ArrayBuffer) => Numbers>} */
const VIEWS = new Map(
  /** @type {[string, (bytes: ArrayBuffer) => Numbers][]} */ ([
    ["float16", (bytes) => ("Float16Array" in globalThis ? new Float16Array(bytes) : new Uint16Array(bytes))],
    ["float32", (bytes) => new Float32Array(bytes)],
    ["float64", (bytes) => new Float64Array(bytes)],
    ["int8", (bytes) => new Int8Array(bytes)],
    ["int16", (bytes) => new Int16Array(bytes)],
    ["int32", (bytes) => new Int32Array(bytes)],
    ["int64", (bytes) => new BigInt64Array(bytes)],
    ["uint8", (bytes) => new Uint8Array(bytes)],
    ["uint16", (bytes) => new Uint16Array(bytes)],
    ["uint32", (bytes) => new Uint32Array(bytes)],
    ["uint64", (bytes) => new BigUint64Array(bytes)],
    ["bool", (bytes) => new Uint8Array(bytes)],
  ]),
);

/** Feeds for `run()`. Each tensor gets a buffer of its own, so that alignment is never in question.
 * @param {Ort} ort @param {ArrayBuffer} block @param {readonly TensorSlice[]} slices
 * @returns {Record<string, Tensor>} */
export function feedsFrom(ort, block, slices) {
  /** @type {Record<string, Tensor>} */
  const feeds = {};
  for (const { name, dtype, dims, offset, size_bytes } of slices) {
    const view = VIEWS.get(dtype);
    if (view === undefined) throw new TypeError(`input ${name}: onnxruntime-web takes no ${dtype} tensor`);
    const end = offset + size_bytes;
    if (end > block.byteLength) {
      throw new RangeError(`input ${name} ends at byte ${end} of ${block.byteLength}`);
    }
    const data = /** @type {Float32Array} */ (view(block.slice(offset, end)));
    feeds[name] = new ort.Tensor(/** @type {"float32"} */ (dtype), data, dims);
  }
  return feeds;
}

/** The outputs one after the other, in the order of `names`, and where each one lies.
 * @param {Readonly<Record<string, Tensor>>} outputs @param {readonly string[]} names
 * @returns {{ parts: Uint8Array<ArrayBuffer>[], slices: TensorSlice[] }} */
export function packed(outputs, names) {
  const parts = [];
  const slices = [];
  let offset = 0;
  for (const name of names) {
    const tensor = outputs[name];
    if (tensor === undefined) throw new Error(`the model left no output ${name}`);
    const { data, type, dims } = tensor;
    if (!ArrayBuffer.isView(data)) throw new TypeError(`output ${name} is ${type}: not raw numbers`);
    const bytes = new Uint8Array(/** @type {ArrayBuffer} */ (data.buffer), data.byteOffset, data.byteLength);
    parts.push(bytes);
    slices.push({ name, dtype: type, dims: [...dims], offset, size_bytes: bytes.byteLength });
    offset += bytes.byteLength;
  }
  return { parts, slices };
}
