// @ts-check
/** A companion's side: whatever kernel the board names it calls over and over, on a memory of its own. */

import { CALLS, FAILED, NOTHING, WANTED, WORKING } from "./companions.mjs";
import { call, fill, instantiated, memoryFor } from "./nests.mjs";

/** @typedef {import("./companions.mjs").Outfit} Outfit */

globalThis.addEventListener("message", (event) => void carriedOut(/** @type {Outfit} */ (event.data)), { once: true });
say("loaded"); // a module's listeners come too late for what is posted before it has run

/** Whatever is thrown is said twice: the page hears no message while it waits for the board.
 * @param {Outfit} outfit */
async function carriedOut(outfit) {
  try {
    await work(outfit);
  } catch (thrown) {
    Atomics.store(outfit.board, FAILED, 1);
    say({ failed: String(thrown) });
  }
}

/** Until the page ends this worker.
 * @param {Outfit} outfit */
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
  say("ready");
  for (;;) {
    Atomics.wait(board, WANTED, NOTHING);
    const wanted = Atomics.load(board, WANTED);
    const one = ready[wanted];
    if (one === undefined) continue;
    call(one, 1);
    Atomics.add(board, WORKING, 1);
    while (Atomics.load(board, WANTED) === wanted) call(one, Atomics.load(board, CALLS));
    Atomics.sub(board, WORKING, 1);
  }
}

/** @param {import("./companions.mjs").Said} said */
function say(said) {
  globalThis.postMessage(said);
}
