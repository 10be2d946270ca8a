// @ts-check
/** The way to a first result, stage by stage, as a page goes it that nobody has prepared; then on until runs are
 * steady; then sessions made anew, each time with one step of making them left out. */

import { read } from "../bytes.mjs";
import { moment, now } from "../clock.mjs";
import { listening } from "../gpu/listening.mjs";
import { making } from "../gpu/making.mjs";
import { news } from "../gpu/trouble.mjs";
import { withInstances } from "../instances.mjs";
import { leftBy } from "../left.mjs";
import { overheard, say } from "../overheard.mjs";
import { during } from "../phases.mjs";
import { profileEvents } from "../profile_events.mjs";
import { createSession, fetchModel, loadRuntime, timedRun, warmUp } from "../runtime.mjs";
import { feedsFrom } from "../tensors.mjs";

const ORDER = "prepare, start, settle, recreate";
/** Runs on the GPU whose waits are heard once runs are steady. */
const HEARD = 5;

/** @typedef {import("../wire.js").StartTask} StartTask */
/** @typedef {import("../wire.js").Started} Started */
/** @typedef {import("../probe.js").Errand} Errand */
/** @typedef {import("../runtime.mjs").Ort} Ort */
/** @typedef {import("onnxruntime-web").InferenceSession} InferenceSession */
/** @typedef {import("onnxruntime-web").InferenceSession.SessionOptions} SessionOptions */

/** Inputs, fetched before anything counts.
 * @type {ArrayBuffer | null} */
let block = null;
/** @type {{ ort: Ort, session: InferenceSession,
 *   feeds: Record<string, import("onnxruntime-web").Tensor>, lines: readonly string[] } | null} */
let started = null;

/** @type {Readonly<Record<StartTask["step"], (task: StartTask, errand: Errand | null) => Promise<Partial<Started>>>>} */
const STEPS = {
  async prepare({ open }) {
    performance.clearResourceTimings(); // it holds 250 entries, and a page may have as many of its own
    block = await during("load", () => read(open.inputs_url));
    const [page] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
    return { moment_ms: performance.timeOrigin + (page?.domContentLoadedEventStart ?? 0) };
  },

  async start({ open }, errand) {
    const moment_ms = errand?.asked ?? moment();
    /** @type {Record<string, number>} */
    const own = errand === null ? {} : { worker: moment() - moment_ms };
    const book = open.provider === "webgpu" && globalThis.GPU !== undefined ? making() : null;
    const began = now();
    const ort = await loadRuntime(open.ort_url, open);
    const imported = now();
    const model = await fetchModel(open, "default");
    const fetched = now();
    const { result: made, lines } = await overheard(() => withInstances(() => createSession(ort, open, model)));
    const created = now();
    const session = made.result;
    const feeds = feedsFrom(ort, leftBy(errand?.block ?? block, ORDER), open.inputs);
    const fed = now();
    await during("warmup", () => timedRun(session, feeds));
    const ran = now();
    book?.stop();
    started = { ort, session, feeds, lines };
    const seen = performance.getEntriesByType("resource").filter(({ startTime }) => startTime >= began);
    const files = /** @type {PerformanceResourceTiming[]} */ (seen);
    const { asked, made: instantiated } = made.makings[0] ?? { asked: fetched, made: fetched };
    const last = files.find(({ name }) => name.endsWith(".wasm"))?.responseEnd ?? asked;
    const received = Math.min(instantiated, Math.max(asked, last));
    const moments = { import: imported, fetch: fetched, glue: asked, "wasm-fetch": received };
    const on_gpu = book && gpuMoments(book, instantiated, created);
    const later = { "wasm-compile": instantiated, ...on_gpu, session: created, inputs: fed, "first-run": ran };
    const stages = stagesOf(began, { ...moments, ...later });
    return {
      moment_ms,
      stages_ms: { ...own, ...Object.fromEntries(stages.map(({ name, start, end }) => [name, end - start])) },
      files: files.filter(({ startTime, responseEnd }) => responseEnd >= startTime).map(told),
      gpu_made: book && on_gpu ? stages.map(({ name, start, end }) => book.within(name, start, end)) : [],
    };
  },

  async settle({ open, settle_ms, settle_runs }) {
    const { session, feeds } = leftBy(started, ORDER);
    const runs_ms = await warmUp(session, feeds, { warmup_ms: settle_ms, warmup_runs: settle_runs });
    const gpu_waits_ms = open.provider === "webgpu" && globalThis.GPU !== undefined ? await waits(session, feeds) : [];
    await news();
    return { runs_ms, gpu_waits_ms };
  },

  async recreate({ open, recreations }) {
    const { ort, lines } = leftBy(started, ORDER);
    const model = await fetchModel(open, "default");
    /** @param {SessionOptions} options */
    const anew = async (options) => {
      const began = now();
      const session = await createSession(ort, open, model, options);
      const took_ms = now() - began;
      return { session, took_ms };
    };
    const kinds = {
      /** @type {number[]} */ usual_ms: [],
      /** @type {number[]} */ unoptimised_ms: [],
      /** @type {number[]} */ unpacked_ms: [],
    };
    /** @type {Readonly<Record<keyof typeof kinds, SessionOptions>>} */
    const options = {
      usual_ms: {},
      unoptimised_ms: { graphOptimizationLevel: "disabled" },
      unpacked_ms: { extra: { session: { disable_prepacking: "1" } } },
    };
    const parse_ms = [];
    const turns = /** @type {(keyof typeof kinds)[]} */ (Object.keys(kinds));
    for (let round = 0; round < recreations; round += 1) {
      for (const kind of turns) {
        const { session, took_ms } = await anew(options[kind]);
        kinds[kind].push(took_ms);
        await session.release();
      }
      turns.reverse();
      const { session } = await anew({ enableProfiling: true });
      session.endProfiling(); // prints the profile, line by line
      await session.release();
      const loading = profileEvents(lines).find(({ name }) => name.startsWith("model_loading"));
      if (loading !== undefined) parse_ms.push(loading.dur / 1000);
    }
    return { ...kinds, parse_ms };
  },
};

/** @type {import("../probe.js").Probe<StartTask>} */
export const probe = {
  where: ({ step, open }) => (step !== "prepare" && open.where === "worker" ? "worker" : "main"),

  hand: ({ step }) => (step === "start" ? leftBy(block, ORDER) : null),

  async run(task, errand) {
    const found = await STEPS[task.step](task, errand);
    const nothing = { moment_ms: 0, stages_ms: {}, files: [], runs_ms: [], usual_ms: [], unoptimised_ms: [], unpacked_ms: [] };
    const more = { parse_ms: [], gpu_made: [], gpu_waits_ms: [] };
    return { kind: "started", threads: started?.ort.env.wasm.numThreads ?? 1, ...nothing, ...more, ...found };
  },

  answered({ step, word }) {
    if (step === "start") say(word);
  },
};

/** When an adapter was first asked for, when the last one before a device was there, and when the device was; all within
 * the making of a session. Null: a library that makes them elsewhere, in a worker of its own, tells nothing of them.
 * @param {import("../gpu/making.mjs").Making} book @param {number} from @param {number} to */
function gpuMoments({ adapters, devices }, from, to) {
  const [device] = devices;
  if (device === undefined) return null;
  const before = adapters.filter(([, there]) => there <= device[0]);
  const bounded = (/** @type {number} */ at) => Math.min(to, Math.max(from, at));
  const setup = bounded(Math.min(device[0], ...before.map(([asked]) => asked)));
  const adapter = bounded(Math.max(setup, ...before.map(([, there]) => there)));
  return { setup, adapter, device: bounded(device[1]) };
}

/** What runs wait for the GPU, ms.
 * @param {InferenceSession} session @param {Record<string, import("onnxruntime-web").Tensor>} feeds */
async function waits(session, feeds) {
  const { heard, stop } = listening();
  const found = [];
  try {
    for (let run = 0; run < HEARD; run += 1) found.push((await heard(() => session.run(feeds))).waits_ms);
  } finally {
    stop();
  }
  return found;
}

/** Stages that end at these moments, each beginning where the one before it ended; marked for a trace as well.
 * @param {number} began @param {Readonly<Record<string, number>>} ends */
function stagesOf(began, ends) {
  let start = began;
  return Object.entries(ends).map(([name, end]) => {
    performance.measure(`gapprof:stage:${name}`, { start, end });
    const stage = { name, start, end };
    start = end;
    return stage;
  });
}

/** @param {PerformanceResourceTiming} entry @returns {import("../wire.js").FetchedFile} */
function told({ name, startTime, responseEnd, transferSize, encodedBodySize }) {
  return {
    name: name.slice(name.lastIndexOf("/") + 1),
    size_bytes: encodedBodySize,
    from_cache: encodedBodySize > 0 && transferSize === 0,
    fetch_ms: responseEnd - startTime,
  };
}
