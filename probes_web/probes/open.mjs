// @ts-check
/** Load onnxruntime-web and the model, leave the outputs of the first run, warm up, keep the session. */

import { send } from "../bytes.mjs";
import { now, timerStepUs } from "../clock.mjs";
import { identityOf } from "../gpu/adapter.mjs";
import { rendererOf } from "../gpu/renderer.mjs";
import { news, orGpuTrouble } from "../gpu/trouble.mjs";
import { during } from "../phases.mjs";
import { threadsInProxy } from "../proxied.mjs";
import { whereIAm } from "../realm.mjs";
import { createSession, fetchFeeds, fetchModel, loadRuntime, warmUp } from "../runtime.mjs";
import { keep } from "../session.mjs";
import { packed } from "../tensors.mjs";

/** @typedef {import("../wire.js").OpenTask} OpenTask */

/** @type {import("../probe.js").Probe<OpenTask>} */
export const probe = {
  where: (task) => (task.where === "worker" ? "worker" : "main"),

  async run(task) {
    const began = now();
    const ort = await loadRuntime(task.ort_url, task);
    const imported = now();
    const model = await fetchModel(task);
    const fetched = now();
    const behind_proxy = task.where === "proxy";
    const session = await during("create", () => orGpuTrouble(() => createSession(ort, task, model)));
    const created = now();
    const feeds = await fetchFeeds(ort, task); // gapprof's own errand: no stage of the start-up
    const ready = now();
    const outputs = await during("warmup", () => orGpuTrouble(() => session.run(feeds)));
    const first_run = now() - ready;
    const slices = await leave(outputs, session.outputNames, task.outputs_url);
    const bounds = { ...task, warmup_runs: task.warmup_runs - 1 };
    const rest = await during("warmup", () =>
      orGpuTrouble(async () => {
        const warm = await warmUp(session, feeds, bounds);
        await news();
        return warm;
      }),
    );
    await keep({ place: "here", session, feeds });
    return {
      kind: "opened",
      cold_ms: {
        import: imported - began,
        fetch: fetched - imported,
        create: created - fetched,
        first_run,
      },
      warmup_ms: [first_run, ...rest],
      outputs: slices,
      threads: behind_proxy ? threadsInProxy(ort) : (ort.env.wasm.numThreads ?? 1),
      isolated: globalThis.crossOriginIsolated === true,
      where: behind_proxy ? "proxy" : whereIAm(), // each run sees for itself that there is one
      timer_step_us: timerStepUs(),
      hardware_concurrency: navigator.hardwareConcurrency,
      ort_version: ort.env.versions.web ?? ort.env.versions.common,
      user_agent: navigator.userAgent,
      page_url: globalThis.location?.href ?? "",
      adapter: await adapterOf(ort, task.provider),
    };
  },
};

/** Of the device, or the context, that the library made for itself; null: it runs on the processor.
 * @param {typeof import("onnxruntime-web")} ort @param {OpenTask["provider"]} provider */
async function adapterOf(ort, provider) {
  if (provider === "webgl") return rendererOf(ort.env.webgl.context);
  if (provider !== "webgpu") return null;
  const device = await ort.env.webgpu.device;
  return identityOf({ info: device.adapterInfo, features: device.features, limits: device.limits });
}

/** Post the outputs where they are wanted; the slices say where each one lies.
 * @param {Readonly<Record<string, import("onnxruntime-web").Tensor>>} outputs
 * @param {readonly string[]} names @param {string | null} url */
async function leave(outputs, names, url) {
  if (url === null) return [];
  const { parts, slices } = packed(outputs, names);
  await during("load", () => send(url, parts));
  return slices;
}
