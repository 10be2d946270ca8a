// @ts-check
/** The one place that puts something in place of `WebAssembly`'s own: an instance that a library makes is seen by
 * nobody else. */

/** Do `work`; every instance that is made meanwhile by the two functions that libraries load with is kept.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<{ result: T, instances: readonly WebAssembly.Instance[] }>} */
export async function withInstances(work) {
  /** @type {WebAssembly.Instance[]} */
  const instances = [];
  const { instantiate, instantiateStreaming } = WebAssembly;
  WebAssembly.instantiate = /** @type {typeof instantiate} */ (
    async (/** @type {BufferSource} */ source, /** @type {WebAssembly.Imports} */ imports) => {
      const made = /** @type {WebAssembly.Instance | WebAssembly.WebAssemblyInstantiatedSource} */ (
        await instantiate(source, imports)
      );
      instances.push("instance" in made ? made.instance : made);
      return made;
    }
  );
  WebAssembly.instantiateStreaming = async (source, imports) => {
    const made = await instantiateStreaming(source, imports);
    instances.push(made.instance);
    return made;
  };
  try {
    return { result: await work(), instances };
  } finally {
    Object.assign(WebAssembly, { instantiate, instantiateStreaming });
  }
}
