import assert from "node:assert/strict";
import { test } from "node:test";

const { perRun, profileEvents, spans, tensors } = await import(`${process.env.PROBES_WEB}/profile_events.mjs`);

const node = (name, ts, dur, op_name = "MatMul") => ({
  cat: "Node",
  name: `${name}_kernel_time`,
  ts,
  dur,
  args: { op_name, provider: "CPUExecutionProvider" },
});
const run = (ts, dur) => ({ cat: "Session", name: "model_run", ts, dur, args: {} });

test("the profile starts at the last line that opens a list", () => {
  const lines = ["[", "noise", "[", '{"cat":"Session","name":"model_run","ts":0,"dur":1,"args":{}}', "]"];
  assert.deepEqual(profileEvents(lines), [run(0, 1)]);
});

test("no profile at all is an error that says how much was printed", () => {
  assert.throws(() => profileEvents(["hello"]), /1 lines/);
});

test("the runs of the warm-up and the first of each block are left out, and the order stays", () => {
  const events = [1, 2, 3, 4, 5, 6, 7].flatMap((i) => [node("a", i * 10, i), run(i * 10, i)]);
  assert.deepEqual(perRun(events, { blocks: 2, runs: 2, made: 7 }), {
    model_run_ms: [0.003, 0.004, 0.006, 0.007],
    nodes: [
      {
        name: "a",
        op_type: "MatMul",
        provider: "CPUExecutionProvider",
        samples_ms: [0.003, 0.004, 0.006, 0.007],
      },
    ],
  });
});

/** One block of one run: the run that is looked at has one before it. */
const once = (events) => perRun([run(-1, 0), ...events], { blocks: 1, runs: 1, made: 2 });

test("a clock so coarse that nodes take no time loses none", () => {
  const events = [node("a", 100, 0), node("b", 100, 0), node("c", 100, 100), run(100, 100)];
  assert.deepEqual(once(events).nodes.map(({ name }) => name), ["a", "b", "c"]);
});

test("nodes in the body of a loop are part of the loop", () => {
  const events = [
    node("before", 0, 5),
    node("body", 11, 2),
    node("body", 14, 2),
    node("loop", 10, 10, "Loop"),
    node("after", 25, 5),
    run(0, 40),
  ];
  assert.deepEqual(once(events).nodes.map(({ name }) => name), ["before", "loop", "after"]);
});

test("a profile that lost its last runs is an error, although as many as are wanted are left", () => {
  const events = [1, 2, 3, 4].flatMap((i) => [node("a", i * 10, i), run(i * 10, i)]);
  const counts = { blocks: 2, runs: 1, made: 5 };
  assert.throws(() => perRun(events, counts), /holds 4 runs, 5 were made; the profiler's buffer is full/);
});

test("a node that is missing in a run is an error that names it", () => {
  const events = [run(-1, 0), node("a", 0, 1), node("b", 1, 1), run(0, 2), node("a", 10, 1), run(10, 2)];
  assert.throws(() => perRun(events, { blocks: 1, runs: 2, made: 3 }), /holds 1 times of node b; wanted 2/);
});

test("spans are those of the last runs, with nodes in bodies, each named once", () => {
  const events = [
    node("a", 0, 5),
    run(0, 10),
    node("body", 21, 2, "Add"),
    node("loop", 20, 10, "Loop"),
    run(20, 15),
    node("body", 41, 3, "Add"),
    node("loop", 40, 11, "Loop"),
    run(40, 16),
  ];
  assert.deepEqual(spans(events, { count: 2, made: 3 }), {
    model_runs_us: [
      [20, 15],
      [40, 16],
    ],
    spans_us: [
      [0, 0, 21, 2],
      [0, 1, 20, 10],
      [1, 0, 41, 3],
      [1, 1, 40, 11],
    ],
    nodes: [
      { name: "body", op_type: "Add" },
      { name: "loop", op_type: "Loop" },
    ],
  });
});

test("spans of more runs than there are are an error that says so", () => {
  const counts = { count: 1, made: 2 };
  assert.throws(() => spans([node("a", 0, 1), run(0, 1)], counts), /holds 1 runs, 2 were made/);
});

test("what nodes read and wrote is that of the last run, and what is not told is nothing", () => {
  const told = { input_type_shape: [{ float: [1, 3] }, { int64: [] }], output_type_shape: [{ float: [1, 5] }] };
  const first = node("a", 0, 1);
  const last = { ...node("a", 10, 1), args: { op_name: "Gather", ...told } };
  assert.deepEqual(tensors([first, run(0, 2), last, node("b", 11, 1), run(10, 2)]), [
    {
      name: "a",
      inputs: [
        { type: "float", shape: [1, 3] },
        { type: "int64", shape: [] },
      ],
      outputs: [{ type: "float", shape: [1, 5] }],
    },
    { name: "b", inputs: [], outputs: [] },
  ]);
  assert.deepEqual(tensors([]), []);
});
