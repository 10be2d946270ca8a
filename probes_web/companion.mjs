// @ts-check
/** A companion's side: whatever kernel the board names it calls over and over, on a memory of its own. */

import { CALLS, END, NOTHING, WANTED, WORKING } from "./companions.mjs";
import { call, fill, instantiated, memoryFor } from "./nests.mjs";

globalThis.addEventListener("message", (event) => work(/** @type {import("./companions.mjs").Outfit} */ (event.data)), {
  once: true,
});
globalThis.postMessage("loaded"); // a module's listeners come too late for what is posted before it has run

/** @param {import("./companions.mjs").Outfit} outfit */
async function work({ board, modules, cases, memory_bytes, seed }) {
  const { memory, tables } = memoryFor(cases, memory_bytes);
  fill(memory, seed);
  const ready = await Promise.all(
    modules.map((module, at) =>
      instantiated(
        module,
        /** @type {import("./wire.js").KernelCase} */ (cases[at]),
        memory,
        /** @type {number} */ (tables[at]),
      ),
    ),
  );
  for (const one of ready) call(one, one.rows); // every page of memory has been touched
  globalThis.postMessage("ready");
  for (;;) {
    Atomics.wait(board, WANTED, NOTHING);
    const wanted = Atomics.load(board, WANTED);
    if (wanted === END) break;
    const one = ready[wanted];
    if (one === undefined) continue;
    call(one, 1);
    Atomics.add(board, WORKING, 1);
    while (Atomics.load(board, WANTED) === wanted) call(one, Atomics.load(board, CALLS));
    Atomics.sub(board, WORKING, 1);
  }
  globalThis.close();
}
