// @ts-check
/** What is open and another model in turn, batch by batch: a machine that changes its speed shows the change in both. */

import { now } from "../clock.mjs";
import { during } from "../phases.mjs";
import { createSession, fetchFeeds, fetchModel, loadRuntime, warmUp } from "../runtime.mjs";
import { openHere } from "../session.mjs";
import { nextTurn } from "../turns.mjs";

/** @typedef {import("../wire.js").ContrastTask} ContrastTask */
/** @typedef {import("../session.mjs").Here} Here */

/** @type {import("../probe.js").Probe<ContrastTask>} */
export const probe = {
  where: ({ other }) => (other.where === "worker" ? "worker" : "main"),

  async run({ other, batch, rounds }) {
    const opened = openHere();
    const ort = await loadRuntime(other.ort_url, other);
    const session = await createSession(ort, other, await fetchModel(other));
    const feeds = await fetchFeeds(ort, other);
    await warmUp(session, feeds, other);
    /** @type {number[]} */
    const open_ms = [];
    /** @type {number[]} */
    const other_ms = [];
    await during("timed", async () => {
      for (let round = 0; round < rounds; round += 1) {
        open_ms.push(await oneBatch(opened, batch));
        other_ms.push(await oneBatch({ session, feeds }, batch));
      }
    });
    await session.release();
    return { kind: "contrasted", open_ms, other_ms };
  },
};

/** Mean of a run; the one before the first of the batch brings the caches back.
 * @param {Pick<Here, "session" | "feeds">} fed @param {number} batch @returns {Promise<number>} */
async function oneBatch({ session, feeds }, batch) {
  await nextTurn();
  await session.run(feeds);
  const begin = now();
  for (let run = 0; run < batch; run += 1) await session.run(feeds);
  return (now() - begin) / batch;
}
