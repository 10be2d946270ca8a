// @ts-check
/** The one entry: a task comes in, an answer goes out, nothing is ever thrown. How task and answer travel is not
 * known here (CDP: `runTask` is called; a plain page: transport_post.mjs; Node: engine.mjs). */

import { carryOut, probeFor } from "./carry_out.mjs";
import { broke } from "./phases.mjs";
import { keep } from "./session.mjs";
import { askWorker, runInWorker } from "./worker_host.mjs";

/** @typedef {import("./wire.js").Task} Task */
/** @typedef {import("./wire.js").Answer} Answer */

/** @param {Task} task @returns {Promise<Answer>} */
export async function runTask(task) {
  try {
    const probe = await probeFor(task.kind);
    const inWorker = probe.where(task) === "worker";
    const answer = inWorker ? await throughWorker(task, probe.hand?.(task) ?? null) : await carryOut(task);
    probe.answered?.(task);
    return answer;
  } catch (thrown) {
    return broke(thrown);
  }
}

/** @param {Task} task @param {ArrayBuffer | null} block @returns {Promise<Answer>} */
async function throughWorker(task, block) {
  const answer = await askWorker(task, block);
  if (answer.kind !== "opened") return answer;
  await keep({ place: "worker", run: runInWorker });
  return { ...answer, page_url: globalThis.location.href }; // a blob worker knows only its own address
}
