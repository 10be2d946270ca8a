import assert from "node:assert/strict";
import { test } from "node:test";

/** A clock that nothing moves but sessions that are made and run. */
let clock_ms = 0;
performance.now = () => clock_ms;

const { probe } = await import(`${process.env.PROBES_WEB}/probes/start.mjs`);

const MAKING_MS = { usual: 20, unoptimised: 8, unpacked: 15, profiled: 30 };
const kindOf = (options) => {
  if (options.enableProfiling) return "profiled";
  if (options.graphOptimizationLevel === "disabled") return "unoptimised";
  return options.extra?.session?.disable_prepacking === "1" ? "unpacked" : "usual";
};

/** Which kind was made, in order; those that were left open. */
const made = [];
let open = 0;
let print = null;
globalThis.planted = async (_model, options) => {
  print ??= console.log; // as the library: whoever listens then hears all that comes
  const kind = kindOf(options);
  made.push(kind);
  open += 1;
  const loading = 5000 + made.length;
  clock_ms += MAKING_MS[kind];
  const profile = [
    "[",
    `{"cat":"Session","name":"model_loading_array","ts":0,"dur":${loading},"args":{}},`,
    `{"cat":"Session","name":"session_initialization","ts":0,"dur":${1000 * MAKING_MS[kind]},"args":{}}`,
    "]",
  ];
  return {
    run: async () => { clock_ms += 2; },
    endProfiling: () => { for (const line of profile) print(line); },
    release: async () => { open -= 1; },
  };
};
const LIBRARY = "export const env = { wasm: {} }; export const InferenceSession = { create: globalThis.planted };";
const OPEN = {
  ort_url: `data:text/javascript,${encodeURIComponent(LIBRARY)}`,
  model_url: "data:,model",
  inputs_url: "data:,",
  external_data: [],
  inputs: [],
  session: [],
  threads: 1,
  simd: null,
  where: "main",
  spinning: "default",
  provider: "wasm",
  optimise: true,
};
const step = (name) => probe.run({ step: name, open: OPEN, settle_ms: 0, settle_runs: 3, recreations: 2 }, null);

await step("prepare");
const begun = await step("start");
const settled = await step("settle");
made.length = 0;
const { usual_ms, unoptimised_ms, unpacked_ms, parse_ms } = await step("recreate");

test("each stage has what went by in it", () => {
  assert.equal(begun.stages_ms.session + begun.stages_ms["wasm-compile"], MAKING_MS.usual);
  assert.equal(begun.stages_ms["first-run"], 2);
  assert.equal(Object.values(begun.stages_ms).reduce((all, ms) => all + ms), MAKING_MS.usual + 2);
  assert.deepEqual(settled.runs_ms, [2, 2, 2]);
});

test("a session made anew has its own time and no other's, and each kind comes first once", () => {
  assert.deepEqual({ usual_ms, unoptimised_ms, unpacked_ms }, {
    usual_ms: [20, 20],
    unoptimised_ms: [8, 8],
    unpacked_ms: [15, 15],
  });
  assert.deepEqual(made, [
    "usual", "unoptimised", "unpacked", "profiled", "unpacked", "unoptimised", "usual", "profiled",
  ]);
});

test("reading the model is what the library's own profiler has of it, and a part of making a session", () => {
  assert.deepEqual(parse_ms, [5.004, 5.008]);
});

test("no session is left but the first one", () => assert.equal(open, 1));
