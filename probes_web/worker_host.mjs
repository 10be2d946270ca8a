// @ts-check
/** The page's side of the one dedicated worker: starts it at the first task, asks, waits. */

import { moment } from "./clock.mjs";
import { during } from "./phases.mjs";
import { STATION } from "./turns.mjs";

/** @typedef {import("./worker.mjs").Reply} Reply */
/** @typedef {import("./wire.js").Task} Task */
/** @typedef {import("./wire.js").Answer} Answer */

/** @typedef {{ resolve: (reply: Reply) => void, reject: (reason: Error) => void }} Waiting */

/** @typedef {{ postMessage: (request: import("./worker.mjs").Request, options?: StructuredSerializeOptions) => void }} Door */

/** The ways into the worker. Each calls it at a depth of the stack of its own (turns.mjs says why that matters).
 * @type {readonly Door[] | null} */
let doors = null;
/** @type {Map<number, Waiting>} */
const waiting = new Map();
let asked = 0;

/** Let the worker carry out a task; `block` goes along, and is gone from here.
 * @param {Task} task @param {ArrayBuffer | null} block @returns {Promise<Answer>} */
export async function askWorker(task, block) {
  const errand = { asked: moment(), block };
  const reply = await during("start", () => ask(task, 0, errand));
  if (!("answer" in reply)) throw new Error("the worker ran instead of carrying out a task");
  return reply.answer;
}

/** One run of what the worker has open, asked for by the door of this number.
 * @param {number} door
 * @returns {Promise<import("./session.mjs").Ran>} */
export async function runInWorker(door) {
  const reply = await ask(null, door, null);
  if ("run_ms" in reply) return reply;
  const { answer } = reply;
  if (answer.kind !== "failure") throw new Error("the worker did not run");
  throw Object.assign(new Error(answer.message), { name: answer.name });
}

/** @param {Task | null} task @param {number} door @param {import("./probe.js").Errand | null} errand
 * @returns {Promise<Reply>} */
function ask(task, door, errand) {
  doors ??= start();
  const id = (asked += 1);
  const { promise, resolve, reject } = Promise.withResolvers();
  waiting.set(id, { resolve, reject });
  doors[door % doors.length]?.postMessage({ id, task, errand }, errand?.block ? { transfer: [errand.block] } : undefined);
  return promise;
}

/** A module worker may only be started from the page's own origin, which is not ours inside somebody else's page:
 * a blob of that origin imports the real one. */
function start() {
  const { port1, port2 } = new MessageChannel();
  const source = `import ${JSON.stringify(new URL("./worker.mjs", import.meta.url).href)};`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const started = new Worker(address, { type: "module", name: "gapprof" });
  started.addEventListener("message", (event) => {
    const reply = /** @type {Reply} */ (event.data);
    waiting.get(reply.id)?.resolve(reply);
    waiting.delete(reply.id);
  });
  started.addEventListener("error", (event) => {
    const why = event.message || "the page does not let it load (its Content-Security-Policy, perhaps)";
    for (const { reject } of waiting.values()) reject(new Error(`the worker failed: ${why}`));
    waiting.clear();
  });
  started.postMessage({ port: port2 }, [port2]);
  return [started, port1, new BroadcastChannel(STATION)];
}
