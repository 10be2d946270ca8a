// @ts-check
/** Compute shaders of ours on the page's own adapter: checked, and timed against each other. */

import { contested } from "../gpu/contest.mjs";
import { pagesOwn } from "../gpu/place.mjs";
import { orRefused } from "../gpu/refusal.mjs";
import { during } from "../phases.mjs";

/** @typedef {import("../wire.js").GpuKernelsTask} GpuKernelsTask */

/** @type {import("../probe.js").Probe<GpuKernelsTask>} */
export const probe = {
  where: () => "main",

  run: (task) => during("timed", () => orRefused(() => contested(pagesOwn(), task))),
};
