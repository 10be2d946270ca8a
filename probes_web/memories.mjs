// @ts-check
/** Every wasm memory that a library makes or is given by its wasm: nobody else sees how large they are. */

import { withInstances } from "./instances.mjs";

/** Do `work`; every memory that comes about meanwhile is kept.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<{ result: T, memories: readonly WebAssembly.Memory[] }>} */
export async function withMemories(work) {
  /** @type {Set<WebAssembly.Memory>} */
  const memories = new Set();
  const { Memory } = WebAssembly;
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, given, asked) {
      const made = Reflect.construct(target, given, asked);
      memories.add(made);
      return made;
    },
  });
  try {
    const { result, instances } = await withInstances(work);
    const exported = instances.flatMap(({ exports }) => Object.values(exports));
    for (const one of exported) if (one instanceof Memory) memories.add(one);
    return { result, memories: [...memories] };
  } finally {
    WebAssembly.Memory = Memory;
  }
}
