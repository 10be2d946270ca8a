// @ts-check
/** Sessions of the library's own proxy worker (`env.wasm.proxy`). */

/** @typedef {typeof import("onnxruntime-web")} Ort */
/** @typedef {import("onnxruntime-web").InferenceSession} InferenceSession */
/** @typedef {import("onnxruntime-web").Tensor} Tensor */

/** The same session, for feeds that are used again. The worker takes the buffers of inputs away, so that each run gets
 * new ones: a page that keeps its inputs has to copy them as well, and the copy is part of a run.
 * @param {Ort} ort @param {InferenceSession} session @returns {InferenceSession} */
export function proxied(ort, session) {
  /** @param {Record<string, Tensor>} feeds */
  const run = async (feeds) => {
    const lent = copied(ort, feeds);
    const outputs = await session.run(lent);
    refuseKept(lent);
    return outputs;
  };
  return Object.create(session, { run: { value: run } });
}

/** How many threads compute. The worker does not tell the page that it could not start any.
 * @param {Ort} ort */
export function threadsInProxy(ort) {
  return globalThis.crossOriginIsolated ? (ort.env.wasm.numThreads ?? 1) : 1;
}

/** @param {Ort} ort @param {Record<string, Tensor>} feeds @returns {Record<string, Tensor>} */
function copied(ort, feeds) {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { type, data, dims }]) => {
      const own = /** @type {Float32Array} */ (data).slice();
      return [name, new ort.Tensor(/** @type {"float32"} */ (type), own, dims)];
    }),
  );
}

/** Buffers that are still here went to no worker.
 * @param {Record<string, Tensor>} lent */
function refuseKept(lent) {
  for (const { data, size } of Object.values(lent)) {
    if (size > 0 && /** @type {Float32Array} */ (data).byteLength > 0) {
      throw new Error("env.wasm.proxy changes nothing in this build of onnxruntime-web: it has no proxy worker");
    }
  }
}
