// @ts-check
/** Some more runs of what is open, after it was timed: when each submits to the GPU, and what it waits for. By then a
 * device has said what became of the runs before. */

import { listening } from "../gpu/listening.mjs";
import { orGpuTrouble } from "../gpu/trouble.mjs";
import { during } from "../phases.mjs";
import { open, openHere } from "../session.mjs";
import { nextTurn } from "../turns.mjs";

/** @type {import("../probe.js").Probe<import("../wire.js").GpuListenTask>} */
export const probe = {
  where: () => (open().place === "here" ? "main" : "worker"),

  run: (task) => during("timed", () => orGpuTrouble(() => listened(task))),
};

/** @param {import("../wire.js").GpuListenTask} task @returns {Promise<import("../wire.js").GpuListened>} */
async function listened({ runs }) {
  const { session, feeds } = openHere();
  const { heard, stop } = listening();
  const courses = [];
  try {
    await heard(() => session.run(feeds)); // what came between has left cold caches
    for (let run = 0; run < runs; run += 1) {
      await nextTurn();
      courses.push(await heard(() => session.run(feeds)));
    }
  } finally {
    stop();
  }
  return { kind: "gpulistened", courses: courses.every(({ submits }) => submits > 0) ? courses : [] };
}
