// @ts-check
/** What a machine, a browser or a driver cannot do, told as an answer and not as a fault of ours. */

/** @typedef {import("../wire.js").Answer} Answer */

/** Ends a task; its message is a sentence for the user. */
export class Refusal extends Error {}

/** @param {() => Promise<Answer>} work @returns {Promise<Answer>} */
export async function orRefused(work) {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof Refusal) return { kind: "refusal", reason: thrown.message };
    throw thrown;
  }
}
