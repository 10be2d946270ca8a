// @ts-check
/** The worker's side: tasks and single runs come in as messages, one answer goes out for each. */

import { carryOut } from "./carry_out.mjs";
import { now } from "./clock.mjs";
import { orGpuTrouble } from "./gpu/trouble.mjs";
import { broke } from "./phases.mjs";
import { timedRun } from "./runtime.mjs";
import { openHere } from "./session.mjs";
import { STATION } from "./turns.mjs";

/** @typedef {import("./probe.js").Errand} Errand */
/** @typedef {{ id: number, task: import("./wire.js").Task | null, errand: Errand | null }} Request  a task, or null: run
 *   once */
/** @typedef {import("./session.mjs").Ran} Ran */
/** @typedef {{ id: number, answer: import("./wire.js").Answer } | ({ id: number } & Ran)} Reply */

/** @typedef {{ port: MessagePort }} Door  by which requests come as well, see worker_host.mjs */

/** @param {Event} event */
async function hear(event) {
  const heard = now();
  const { id, task, errand } = /** @type {Request} */ (/** @type {MessageEvent} */ (event).data);
  /** @type {Reply} */
  const reply = task === null ? await runOnce(id, heard) : { id, answer: await carryOut(task, errand) };
  globalThis.postMessage(reply);
}

globalThis.addEventListener(
  "message",
  (event) => {
    const { port } = /** @type {Door} */ (event.data);
    port.addEventListener("message", hear);
    port.start();
    new BroadcastChannel(STATION).addEventListener("message", hear);
    globalThis.addEventListener("message", hear);
  },
  { once: true },
);

/** @param {number} id @param {number} heard  when, by this realm's clock @returns {Promise<Reply>} */
async function runOnce(id, heard) {
  try {
    const { session, feeds } = openHere();
    const run_ms = await orGpuTrouble(() => timedRun(session, feeds));
    return { id, run_ms, at_work_ms: now() - heard };
  } catch (thrown) {
    return { id, answer: broke(thrown) };
  }
}
