// @ts-check
/** Carry out one task in this very realm. Never throws: what breaks is an answer. */

import { orGpuTrouble } from "./gpu/trouble.mjs";
import { broke } from "./phases.mjs";

/** @typedef {import("./wire.js").Task} Task */
/** @typedef {import("./wire.js").Answer} Answer */

/** The file in probes/ that is named like the task.
 * @param {string} kind @returns {Promise<import("./probe.js").Probe<Task>>} */
export async function probeFor(kind) {
  if (!/^[a-z]+$/.test(kind)) throw new Error(`not a kind of task: ${kind}`);
  return (await import(`./probes/${kind}.mjs`)).probe;
}

/** @param {Task} task @param {import("./probe.js").Errand | null} [errand] @returns {Promise<Answer>} */
export async function carryOut(task, errand = null) {
  try {
    const probe = await probeFor(task.kind);
    const reason = probe.refuse?.(task);
    if (reason !== undefined) return { kind: "refusal", reason };
    return await orGpuTrouble(() => probe.run(task, errand));
  } catch (thrown) {
    return broke(thrown);
  }
}
