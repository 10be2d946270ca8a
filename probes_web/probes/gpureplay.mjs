// @ts-check
/** A recording of WebGPU calls: its steady run over and over, timed, and once more on a spoilt input, which must show. */

import { read } from "../bytes.mjs";
import { identityOf } from "../gpu/adapter.mjs";
import { place } from "../gpu/place.mjs";
import { orRefused } from "../gpu/refusal.mjs";
import { difference, ready } from "../gpu/steady.mjs";
import { opened } from "../gpu/trace.mjs";
import { during } from "../phases.mjs";

/** @typedef {import("../wire.js").GpuReplayTask} GpuReplayTask */

/** @type {import("../probe.js").Probe<GpuReplayTask>} */
export const probe = {
  where: () => "main",

  run: (task) => during("timed", () => orRefused(() => replayed(task))),
};

/** @param {GpuReplayTask} task @returns {Promise<import("../wire.js").GpuReplayed>} */
async function replayed({ dawn, trace_url, segment, warmup, iterations }) {
  const trace = opened(await read(trace_url));
  const { gpu, wait } = await place(dawn);
  const { stage, setup_ms, compared, run } = await ready(gpu, trace, segment, { wait });
  const { watch, held, errors, left_out } = stage;
  const pipelines_ms = watch.pipelines_ms;
  /** @type {{ total_ms: number[], encode_ms: number[], submit_to_map_ms: number[] }} */
  const times = { total_ms: [], encode_ms: [], submit_to_map_ms: [] };
  for (let iteration = 0; iteration < warmup + iterations; iteration += 1) {
    const { began, ended, reads } = await run();
    const { submitted_ms, mapped_ms } = watch;
    const found = difference(trace, reads);
    compared.compared += found.compared;
    compared.differing += found.differing;
    if (iteration < warmup) continue;
    times.total_ms.push(ended - began);
    times.encode_ms.push(submitted_ms - began);
    times.submit_to_map_ms.push(mapped_ms - submitted_ms);
  }
  stage.spoil(new Set(segment.spoilt));
  const control = difference(trace, (await run()).reads);
  const [adapter] = held.adapters.all();
  if (adapter === undefined) throw new Error("the recording has no adapter");
  for (const device of held.devices.all()) device.destroy();
  return {
    kind: "gpureplayed",
    adapter: identityOf(adapter),
    left_out: [...left_out],
    setup_ms,
    pipelines_ms,
    ...times,
    compared_bytes: compared.compared,
    differing_bytes: compared.differing,
    control_compared_bytes: control.compared,
    control_differing_bytes: control.differing,
    errors: [...errors],
  };
}
