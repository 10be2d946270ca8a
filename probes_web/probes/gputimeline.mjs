// @ts-check
/** The dispatches of a recording's steady run, one by one, by the GPU's own clock. */

import { read } from "../bytes.mjs";
import { identityOf } from "../gpu/adapter.mjs";
import { place } from "../gpu/place.mjs";
import { orRefused } from "../gpu/refusal.mjs";
import { timeline } from "../gpu/timeline.mjs";
import { opened } from "../gpu/trace.mjs";
import { during } from "../phases.mjs";

/** @typedef {import("../wire.js").GpuTimelineTask} GpuTimelineTask */

/** @type {import("../probe.js").Probe<GpuTimelineTask>} */
export const probe = {
  where: () => "main",

  run: (task) => during("timed", () => orRefused(() => timelined(task))),
};

/** @param {GpuTimelineTask} task @returns {Promise<import("../wire.js").GpuTimelined>} */
async function timelined({ dawn, trace_url, segment, warmup, iterations }) {
  const trace = opened(await read(trace_url));
  const { gpu, wait } = await place(dawn);
  const { stage, ...timed } = await timeline(gpu, trace, { segment, warmup, iterations, wait });
  const [adapter] = stage.held.adapters.all();
  if (adapter === undefined) throw new Error("the recording has no adapter");
  for (const device of stage.held.devices.all()) device.destroy();
  return { kind: "gputimelined", adapter: identityOf(adapter), ...timed, errors: [...stage.errors] };
}
