// @ts-check
/** The way to a first result, stage by stage, as a page goes it that nobody has prepared; then on until runs are
 * steady; then sessions made anew, each time with one step of making them left out. */

import { read } from "../bytes.mjs";
import { moment, now } from "../clock.mjs";
import { withInstances } from "../instances.mjs";
import { leftBy } from "../left.mjs";
import { overheard } from "../overheard.mjs";
import { during } from "../phases.mjs";
import { profileEvents } from "../profile_events.mjs";
import { createSession, fetchModel, loadRuntime, timedRun, warmUp } from "../runtime.mjs";
import { feedsFrom } from "../tensors.mjs";

const ORDER = "prepare, start, settle, recreate";

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
    return {};
  },

  async start({ open }, errand) {
    /** @type {Record<string, number>} */
    const own = errand === null ? {} : { worker: moment() - errand.asked };
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
    started = { ort, session, feeds, lines };
    const seen = performance.getEntriesByType("resource").filter(({ startTime }) => startTime >= began);
    const files = /** @type {PerformanceResourceTiming[]} */ (seen);
    const { asked, made: instantiated } = made.makings[0] ?? { asked: fetched, made: fetched };
    const last = files.find(({ name }) => name.endsWith(".wasm"))?.responseEnd ?? asked;
    const received = Math.min(instantiated, Math.max(asked, last));
    const moments = { import: imported, fetch: fetched, glue: asked, "wasm-fetch": received };
    const later = { "wasm-compile": instantiated, session: created, inputs: fed, "first-run": ran };
    return {
      stages_ms: { ...own, ...stages(began, { ...moments, ...later }) },
      files: files.filter(({ startTime, responseEnd }) => responseEnd >= startTime).map(told),
    };
  },

  async settle({ settle_ms, settle_runs }) {
    const { session, feeds } = leftBy(started, ORDER);
    const runs_ms = await warmUp(session, feeds, { warmup_ms: settle_ms, warmup_runs: settle_runs });
    return { runs_ms };
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
    const nothing = { stages_ms: {}, files: [], runs_ms: [], usual_ms: [], unoptimised_ms: [], unpacked_ms: [] };
    return { kind: "started", threads: started?.ort.env.wasm.numThreads ?? 1, ...nothing, parse_ms: [], ...found };
  },
};

/** Stages that end at these moments, each beginning where the one before it ended; marked for a trace as well.
 * @param {number} began @param {Readonly<Record<string, number>>} ends @returns {Record<string, number>} */
function stages(began, ends) {
  let start = began;
  return Object.fromEntries(
    Object.entries(ends).map(([name, end]) => {
      performance.measure(`gapprof:stage:${name}`, { start, end });
      const took_ms = end - start;
      start = end;
      return [name, took_ms];
    }),
  );
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
