// @ts-check
/** A recording of WebGPU calls: its steady run over and over, timed, and on an exchanged input between, which must
 * show; then the parts of it alone. */

import { read } from "../bytes.mjs";
import { identityOf } from "../gpu/adapter.mjs";
import { parted, waited } from "../gpu/parts.mjs";
import { place } from "../gpu/place.mjs";
import { orRefused } from "../gpu/refusal.mjs";
import { repeated } from "../gpu/repeated.mjs";
import { ready } from "../gpu/steady.mjs";
import { opened } from "../gpu/trace.mjs";
import { during } from "../phases.mjs";
import { whereIAm } from "../realm.mjs";

/** @typedef {import("../wire.js").GpuReplayTask} GpuReplayTask */

/** @type {import("../probe.js").Probe<GpuReplayTask>} */
export const probe = {
  where: ({ where }) => (where === "worker" ? "worker" : "main"),

  run: (task) => during("timed", () => orRefused(() => replayed(task))),
};

/** @param {GpuReplayTask} task @returns {Promise<import("../wire.js").GpuReplayed>} */
async function replayed({ dawn, trace_url, segment, warmup, iterations, parts }) {
  const trace = opened(await read(trace_url));
  const { gpu, wait } = await place(dawn);
  const staged = await ready(gpu, trace, segment, { wait });
  const { stage, setup_ms, compared } = staged;
  const { watch, held, errors, left_out } = stage;
  const pipelines_ms = watch.pipelines_ms;
  const { runs, times, proven, ...found } = await repeated(staged, trace, segment, { warmup, iterations });
  const reported = [...errors];
  const more = await parted(staged, trace, segment, { most: parts, wait });
  const [adapter] = held.adapters.all();
  if (adapter === undefined) throw new Error("the recording has no adapter");
  for (const device of held.devices.all()) device.destroy();
  return {
    kind: "gpureplayed",
    adapter: identityOf(adapter),
    where: dawn === null ? whereIAm() : null,
    left_out: [...left_out],
    setup_ms,
    pipelines_ms,
    ...times,
    courses: runs.map(({ course }) => course),
    parts: {
      ...waited(trace, segment, runs),
      setup_pipelines_ms: pipelines_ms,
      ...more,
      proven_runs: proven,
      control_compared_bytes: found.control.compared,
      control_differing_bytes: found.control.differing,
    },
    compared_bytes: compared.compared + found.compared.compared,
    differing_bytes: compared.differing + found.compared.differing,
    errors: reported,
  };
}
