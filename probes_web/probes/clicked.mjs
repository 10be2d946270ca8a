// @ts-check
/** Real clicks, which somebody outside makes on a place of ours: from the click to the frame that answers it. */

import { now } from "../clock.mjs";
import { painted } from "../gui/painted.mjs";
import { stage } from "../gui/stage.mjs";
import { inferring } from "../inferring.mjs";
import { during } from "../phases.mjs";

/** @typedef {import("../wire.js").ClickedTask} ClickedTask */

/** @type {import("../probe.js").Probe<ClickedTask>} */
export const probe = {
  where: () => "main",

  run: ({ duty, clicks, most_ms }) =>
    during("timed", async () => {
      const corner = stage();
      const atWork = inferring(duty);
      try {
        return { kind: "clicks", events_ms: await answered(corner, clicks, most_ms) };
      } finally {
        await atWork.stop();
        corner.remove();
      }
    }),
};

/** The click's own time is on this page's clock, from before it waited for the main thread. Whoever clicks sees by an
 * attribute that somebody listens.
 * @param {HTMLElement} corner @param {number} clicks @param {number} most_ms @returns {Promise<number[]>} */
function answered(corner, clicks, most_ms) {
  return new Promise((resolve) => {
    /** @type {number[]} */
    const found = [];
    const late = setTimeout(() => resolve(found), most_ms);
    corner.addEventListener("pointerdown", async ({ timeStamp }) => {
      corner.textContent = `clicked ${found.length + 1} times`;
      await painted();
      found.push(now() - timeStamp);
      if (found.length < clicks) return;
      clearTimeout(late);
      resolve(found);
    });
    corner.dataset["gapprofListens"] = "";
  });
}
