// @ts-check
/** onnxruntime-web: loading it as the task says, opening a session, warming it up. Nothing here is ever profiled
 * unless the caller asked for a profiled session. */

import { read } from "./bytes.mjs";
import { now } from "./clock.mjs";
import { heeding } from "./gpu/trouble.mjs";
import { during } from "./phases.mjs";
import { proxied } from "./proxied.mjs";
import { feedsFrom } from "./tensors.mjs";
import { nextTurn } from "./turns.mjs";

/** The page gets a turn after so long: for a tiny model, whose turns take longer than its runs, not after each. */
const TURN_MS = 2;

/** @typedef {typeof import("onnxruntime-web")} Ort */
/** @typedef {import("onnxruntime-web").InferenceSession} InferenceSession */
/** @typedef {import("onnxruntime-web").Tensor} Tensor */
/** @typedef {import("./wire.js").OpenTask} OpenTask */

/** The bytes a session is made from. Nobody keeps them: a page without gapprof would not either.
 * @typedef {{ model: Uint8Array, externalData: { path: string, data: Uint8Array }[] }} Model */

/** @param {string} url @param {OpenTask} task @returns {Promise<Ort>} */
export function loadRuntime(url, { wasm_base_url, threads, simd, where }) {
  return during("load", async () => {
    const imported = await import(url);
    /** @type {Ort} */
    const ort = imported.InferenceSession === undefined ? imported.default : imported;
    if (threads > 0) ort.env.wasm.numThreads = threads; // else its own rule decides, when a session is created
    ort.env.wasm.wasmPaths = wasm_base_url;
    if (simd !== null) ort.env.wasm.simd = simd;
    if (where === "proxy") ort.env.wasm.proxy = true;
    return ort;
  });
}

/** @param {OpenTask} task @param {RequestCache} [cache] @returns {Promise<Model>} */
export function fetchModel({ model_url, external_data }, cache) {
  return during("load", async () => ({
    model: new Uint8Array(await read(model_url, cache)),
    externalData: await Promise.all(
      external_data.map(async ({ path, url }) => ({ path, data: new Uint8Array(await read(url, cache)) })),
    ),
  }));
}

/** @param {Ort} ort @param {OpenTask} task @returns {Promise<Record<string, Tensor>>} */
export function fetchFeeds(ort, { inputs_url, inputs }) {
  return during("load", async () => feedsFrom(ort, await read(inputs_url), inputs));
}

/** @typedef {import("onnxruntime-web").InferenceSession.SessionOptions} SessionOptions */

/** @param {Ort} ort @param {OpenTask} task @param {Model} model
 * @param {SessionOptions} [options]
 * @returns {Promise<InferenceSession>} */
export function createSession(ort, task, { model, externalData }, options = {}) {
  const { optimise, where, spinning, provider } = task;
  return during("create", async () => {
    const asked = sessionOptions(task.session);
    /** @type {SessionOptions} */
    const whole = {
      ...asked,
      executionProviders: [provider],
      ...(optimise ? {} : { graphOptimizationLevel: "disabled" }),
      ...(externalData.length > 0 ? { externalData } : {}),
      ...(spinning === "default" ? {} : { extra: { ...asked.extra, ...allowSpinning(spinning) } }),
      ...options,
    };
    const making = () => ort.InferenceSession.create(model, whole);
    const session = await (whole.executionProviders?.includes("webgpu") ? heeding(making) : making());
    return where === "proxy" ? proxied(ort, session) : session;
  });
}

const DIMENSION = "freeDimensionOverrides.";
const WORDS = ["graphOptimizationLevel", "executionMode"];
const TRUTHS = ["enableCpuMemArena", "enableMemPattern"];
const NUMBERS = ["logSeverityLevel", "logVerbosityLevel"];

/** From names and texts to what the library takes; whatever it knows no option for is of its configuration.
 * @param {readonly import("./wire.js").SessionOption[]} given @returns {SessionOptions} */
function sessionOptions(given) {
  /** @type {Record<string, any>} */
  const found = {};
  /** @type {Record<string, number>} */
  const dimensions = {};
  /** @type {Record<string, string>} */
  const extra = {};
  for (const { name, value } of given) {
    if (WORDS.includes(name)) found[name] = value;
    else if (TRUTHS.includes(name)) found[name] = value === "true";
    else if (NUMBERS.includes(name)) found[name] = Number(value);
    else if (name.startsWith(DIMENSION)) dimensions[name.slice(DIMENSION.length)] = Number(value);
    else extra[name] = value;
  }
  if (Object.keys(dimensions).length > 0) found["freeDimensionOverrides"] = dimensions;
  return { ...found, extra };
}

/** As onnxruntime names it; the library puts names together that lie inside one another.
 * @param {string} spinning */
function allowSpinning(spinning) {
  return { "session.intra_op.allow_spinning": spinning === "on" ? "1" : "0" };
}

/** Single runs, in ms and in order, until both bounds are met: the optimising tier needs time as well as calls.
 * @param {InferenceSession} session @param {Record<string, Tensor>} feeds
 * @param {{ warmup_ms: number, warmup_runs: number, most_runs?: number }} bounds
 * @returns {Promise<number[]>} */
export function warmUp(session, feeds, { warmup_ms, warmup_runs, most_runs = Infinity }) {
  return during("warmup", async () => {
    const begin = now();
    const runs_ms = [];
    let turned = begin;
    while (runs_ms.length < most_runs && (runs_ms.length < warmup_runs || now() - begin < warmup_ms)) {
      runs_ms.push(await timedRun(session, feeds));
      if (now() - turned < TURN_MS) continue;
      await nextTurn();
      turned = now();
    }
    return runs_ms;
  });
}

/** One run, in ms.
 * @param {InferenceSession} session @param {Record<string, Tensor>} feeds @returns {Promise<number>} */
export async function timedRun(session, feeds) {
  const begin = now();
  await session.run(feeds);
  return now() - begin;
}
