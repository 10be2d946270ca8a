// @ts-check
/** The one place that puts something in place of `WebAssembly`'s own: an instance that a library makes is seen by
 * nobody else. */

import { now } from "./clock.mjs";

/** @typedef {{ asked: number, made: number }} Making  moments of this realm's clock */

/** Do `work`; every instance that is made meanwhile by the two functions that libraries load with is kept.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<{ result: T, instances: readonly WebAssembly.Instance[], makings: readonly Making[] }>} */
export async function withInstances(work) {
  /** @type {WebAssembly.Instance[]} */
  const instances = [];
  /** @type {Making[]} */
  const makings = [];
  const { instantiate, instantiateStreaming } = WebAssembly;
  WebAssembly.instantiate = /** @type {typeof instantiate} */ (
    async (/** @type {BufferSource} */ source, /** @type {WebAssembly.Imports} */ imports) => {
      const asked = now();
      const made = /** @type {WebAssembly.Instance | WebAssembly.WebAssemblyInstantiatedSource} */ (
        await instantiate(source, imports)
      );
      makings.push({ asked, made: now() });
      instances.push("instance" in made ? made.instance : made);
      return made;
    }
  );
  WebAssembly.instantiateStreaming = async (source, imports) => {
    const asked = now();
    const made = await instantiateStreaming(source, imports);
    makings.push({ asked, made: now() });
    instances.push(made.instance);
    return made;
  };
  try {
    return { result: await work(), instances, makings };
  } finally {
    Object.assign(WebAssembly, { instantiate, instantiateStreaming });
  }
}
