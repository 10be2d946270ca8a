// @ts-check
/** Workers that run the same kernel as the page while it times it: what a thread gets where all threads work.
 * Each has a memory of its own; none of them is timed. */

import { during } from "./phases.mjs";

/** @typedef {import("./wire.js").KernelCase} KernelCase */
/** What a companion is started with. The board is shared: what is wanted, and how many work on it.
 * @typedef {{ board: Int32Array<SharedArrayBuffer>, modules: WebAssembly.Module[], cases: readonly KernelCase[],
 *   memory_bytes: number, seed: number }} Outfit */

/** Places on the board. */
export const WANTED = 0, WORKING = 1, CALLS = 2;
/** Wanted instead of a case. */
export const NOTHING = -1, END = -2;

/** How much of a sample a companion does before it looks whether it is still wanted. */
const SHARE = 8;

/** Companions at work while the page does its part.
 * @typedef {{ while: <T>(at: number, batch: number, work: () => T) => T, end: () => void }} Companions */

/** @param {number} count @param {Omit<Outfit, "board" | "seed">} outfit @param {number} seed
 * @returns {Promise<Companions>} */
export function accompanied(count, outfit, seed) {
  return during("start", async () => {
    if (count === 0) return { while: (_at, _batch, work) => work(), end: () => {} };
    const board = new Int32Array(new SharedArrayBuffer(12));
    board[WANTED] = NOTHING;
    await Promise.all(
      Array.from({ length: count }, (_, number) => started({ ...outfit, board, seed: seed + 1 + number })),
    );
    return {
      while(at, batch, work) {
        board[CALLS] = Math.max(1, batch / SHARE);
        ask(board, at);
        until(board, count);
        const done = work();
        ask(board, NOTHING);
        until(board, 0);
        return done;
      },
      end: () => ask(board, END),
    };
  });
}

/** A module worker may only be started from the page's own origin: a blob of that origin imports the real one.
 * @param {Outfit} outfit @returns {Promise<void>} */
function started(outfit) {
  const source = `import ${JSON.stringify(new URL("./companion.mjs", import.meta.url).href)};`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(address, { type: "module", name: "gapprof companion" });
  const { promise, resolve, reject } = Promise.withResolvers();
  worker.addEventListener("message", (event) => {
    if (event.data === "loaded") worker.postMessage(outfit);
    else resolve(undefined);
  });
  worker.addEventListener("error", (event) => reject(new Error(`a companion failed: ${event.message}`)));
  return promise;
}

/** @param {Int32Array<SharedArrayBuffer>} board @param {number} wanted */
function ask(board, wanted) {
  Atomics.store(board, WANTED, wanted);
  Atomics.notify(board, WANTED);
}

/** The page may not sleep; it has nothing else to do.
 * @param {Int32Array<SharedArrayBuffer>} board @param {number} count */
function until(board, count) {
  while (Atomics.load(board, WORKING) !== count);
}
