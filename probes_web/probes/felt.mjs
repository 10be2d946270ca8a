// @ts-check
/** What somebody in front of the page feels: its frames, long tasks, a video, components that appear, steps of an
 * application; while the model runs, or while it does not. */

import { now } from "../clock.mjs";
import { COMPONENTS } from "../gui/components.mjs";
import { painted } from "../gui/painted.mjs";
import { stage } from "../gui/stage.mjs";
import { STEPS } from "../gui/steps.mjs";
import { playing } from "../gui/video.mjs";
import { watched } from "../gui/watched.mjs";
import { inferring } from "../inferring.mjs";
import { during } from "../phases.mjs";
import { mulberry32 } from "../seeded.mjs";
import { until } from "../turns.mjs";

/** @typedef {import("../wire.js").FeltTask} FeltTask */

/** @type {import("../probe.js").Probe<FeltTask>} */
export const probe = {
  where: () => "main", // what is felt is felt there

  run: (task) =>
    during("timed", async () => {
      const corner = stage();
      try {
        return await felt(task, corner);
      } finally {
        corner.remove();
      }
    }),
};

/** @param {FeltTask} task @param {HTMLElement} corner @returns {Promise<import("../wire.js").Felt>} */
async function felt({ duty, step_duty, watch_ms, repeats, seed }, corner) {
  const random = mulberry32(seed);
  const video = await playing(corner);
  const atWork = inferring(duty);
  const shown = await watched(watch_ms, video);
  video.remove();
  const components_ms = await rendered(corner, repeats, random);
  const beside = await atWork.stop();
  const atTimes = inferring(step_duty);
  const steps_ms = await worked(corner, repeats, random);
  const besideSteps = await atTimes.stop();
  return {
    kind: "felt",
    ...shown,
    components_ms,
    steps_ms,
    runs_ms: beside.runs_ms,
    runs_over_ms: beside.over_ms,
    step_runs_ms: besideSteps.runs_ms,
    step_runs_over_ms: besideSteps.over_ms,
  };
}

/** Each component again and again, from when it was due until it was painted: a busy main thread counts.
 * @param {HTMLElement} corner @param {number} repeats @param {() => number} random */
async function rendered(corner, repeats, random) {
  /** @type {Record<string, number[]>} */
  const found = Object.fromEntries([...COMPONENTS.keys()].map((name) => [name, []]));
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const [name, build] of COMPONENTS) {
      const due = now() + pause(random);
      await until(due);
      corner.replaceChildren(build());
      await painted();
      found[name]?.push(now() - due);
    }
  }
  corner.replaceChildren();
  return found;
}

/** @param {HTMLElement} corner @param {number} repeats @param {() => number} random */
async function worked(corner, repeats, random) {
  /** @type {Record<string, number[]>} */
  const found = Object.fromEntries([...STEPS.keys()].map((name) => [name, []]));
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const [name, step] of STEPS) {
      const due = now() + pause(random);
      await until(due);
      step(corner);
      await painted();
      found[name]?.push(now() - due);
    }
  }
  return found;
}

/** About a frame and more, at random: nothing is to be in step with frames. Timers know whole ms.
 * @param {() => number} random */
function pause(random) {
  return 10 + Math.round(20 * random());
}
