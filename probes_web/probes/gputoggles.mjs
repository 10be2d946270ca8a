// @ts-check
/** What Dawn's safety switches change, seen by behaviour. */

import { place } from "../gpu/place.mjs";
import { orRefused } from "../gpu/refusal.mjs";
import { seen } from "../gpu/toggles.mjs";
import { during } from "../phases.mjs";

/** @typedef {import("../wire.js").GpuTogglesTask} GpuTogglesTask */

/** @type {import("../probe.js").Probe<GpuTogglesTask>} */
export const probe = {
  where: () => "main",

  run: (task) => during("timed", () => orRefused(() => toggled(task))),
};

/** @param {GpuTogglesTask} task */
async function toggled({ dawn }) {
  const { gpu, wait } = await place(dawn);
  return seen(gpu, wait);
}
