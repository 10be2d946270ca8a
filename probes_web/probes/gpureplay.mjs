// @ts-check
/** A recording of WebGPU calls: its steady run over and over, timed, and once more on a spoilt input, which must show;
 * then the parts of it alone. */

import { read } from "../bytes.mjs";
import { identityOf } from "../gpu/adapter.mjs";
import { parted, waited } from "../gpu/parts.mjs";
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
async function replayed({ dawn, trace_url, segment, warmup, iterations, parts }) {
  const trace = opened(await read(trace_url));
  const { gpu, wait } = await place(dawn);
  const staged = await ready(gpu, trace, segment, { wait });
  const { stage, setup_ms, compared, run } = staged;
  const { watch, held, errors, left_out } = stage;
  const pipelines_ms = watch.pipelines_ms;
  /** @type {{ total_ms: number[], encode_ms: number[], submit_to_map_ms: number[] }} */
  const times = { total_ms: [], encode_ms: [], submit_to_map_ms: [] };
  /** @type {import("../gpu/steady.mjs").Run[]} */
  const runs = [];
  for (let iteration = 0; iteration < warmup + iterations; iteration += 1) {
    const one = await run();
    const { began, ended } = one;
    const { submitted_ms, mapped_ms } = watch;
    const found = difference(trace, one.reads);
    compared.compared += found.compared;
    compared.differing += found.differing;
    if (iteration < warmup) continue;
    times.total_ms.push(ended - began);
    times.encode_ms.push(submitted_ms - began);
    times.submit_to_map_ms.push(mapped_ms - submitted_ms);
    runs.push({ ...one, reads: [] });
  }
  stage.spoil(new Set(segment.spoilt));
  const control = difference(trace, (await run()).reads);
  stage.spoil(new Set());
  const reported = [...errors];
  const more = await parted(staged, trace, segment, { most: parts, wait });
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
    courses: runs.map(({ course }) => course),
    parts: { ...waited(trace, segment, runs), setup_pipelines_ms: pipelines_ms, ...more },
    compared_bytes: compared.compared,
    differing_bytes: compared.differing,
    control_compared_bytes: control.compared,
    control_differing_bytes: control.differing,
    errors: reported,
  };
}
