// @ts-check
/** Workers that run the same kernel as the page while it times it: what a thread gets where all threads work.
 * Each has a memory of its own; none of them is timed. */

import { now } from "./clock.mjs";
import { during } from "./phases.mjs";

/** @typedef {import("./wire.js").KernelCase} KernelCase */
/** What a companion is started with. The board is shared: what is wanted, how many work on it, whether one broke.
 * @typedef {{ board: Int32Array<SharedArrayBuffer>, modules: WebAssembly.Module[], cases: readonly KernelCase[],
 *   memory_bytes: number, seed: number }} Outfit */

/** What a companion says.
 * @typedef {"loaded" | "ready" | { failed: string }} Said */

/** Places on the board. */
export const WANTED = 0, WORKING = 1, CALLS = 2, FAILED = 3;
const PLACES = 4;
/** Wanted instead of a case. */
export const NOTHING = -1;

/** How much of a sample a companion does before it looks whether it is still wanted. */
const SHARE = 8;
/** How long companions may take to begin or to stop: where threads share a core, a few calls of the slowest kernel. */
const PATIENCE_MS = 20_000;

/** Companions at work while the page does its part. `while` throws where they do not come along.
 * @typedef {{ while: <T>(at: number, batch: number, work: () => T) => T, end: () => void }} Companions */

/** Whoever asks for them ends them.
 * @param {number} count @param {Omit<Outfit, "board" | "seed">} outfit @param {number} seed
 * @returns {Promise<Companions>} */
export function accompanied(count, outfit, seed) {
  return during("start", async () => {
    if (count === 0) return { while: (_at, _batch, work) => work(), end: () => {} };
    const board = new Int32Array(new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT));
    board[WANTED] = NOTHING;
    const companions = Array.from({ length: count }, (_, number) =>
      started({ ...outfit, board, seed: seed + 1 + number }),
    );
    const end = () => companions.forEach(({ worker }) => worker.terminate());
    try {
      await Promise.all(companions.map(({ ready }) => ready));
    } catch (thrown) {
      end();
      throw thrown;
    }
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
      end,
    };
  });
}

/** A module worker may only be started from the page's own origin: a blob of that origin imports the real one.
 * @param {Outfit} outfit @returns {{ worker: Worker, ready: Promise<void> }} */
function started(outfit) {
  const source = `import ${JSON.stringify(new URL("./companion.mjs", import.meta.url).href)};`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(address, { type: "module", name: "gapprof companion" });
  const { promise, resolve, reject } = Promise.withResolvers();
  worker.addEventListener("message", (event) => {
    const said = /** @type {Said} */ (event.data);
    if (said === "loaded") worker.postMessage(outfit);
    else if (said === "ready") resolve(undefined);
    else reject(new Error(`a companion failed: ${said.failed}`));
  });
  worker.addEventListener("error", (event) => reject(new Error(`a companion failed: ${event.message}`)));
  return { worker, ready: promise.finally(() => URL.revokeObjectURL(address)) };
}

/** @param {Int32Array<SharedArrayBuffer>} board @param {number} wanted */
function ask(board, wanted) {
  Atomics.store(board, WANTED, wanted);
  Atomics.notify(board, WANTED);
}

/** The page may not sleep; it has nothing else to do.
 * @param {Int32Array<SharedArrayBuffer>} board @param {number} count */
function until(board, count) {
  const latest = now() + PATIENCE_MS;
  while (Atomics.load(board, WORKING) !== count) {
    if (Atomics.load(board, FAILED)) throw new Error("a companion broke off while it ran a kernel");
    if (now() > latest) throw new Error(`companions did not come along within ${PATIENCE_MS / 1000} s`);
  }
}
