import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

import { gpu, resting } from "./recording.mjs";

const { contested } = await import(`${process.env.PROBES_WEB}/gpu/contest.mjs`);
const COUNT = 256;
const folder = await mkdtemp(join(tmpdir(), "contest-"));
after(() => rm(folder, { recursive: true }));
const data = join(folder, "doubled.bin");
const given = Float32Array.from({ length: COUNT }, (_, at) => at);
await writeFile(data, new Uint8Array(Float32Array.of(...given, ...given.map((one) => 2 * one)).buffer));

const SPINNING = `
  var spin = f32(at.x);
  for (var turn = 0u; turn < 100000u; turn += 1u) { spin = fract(spin * 1.7 + 0.3); }
  if (spin > 2.0) { return; }`;
const IDLE = "if (at.x < 4096u) { return; }";
const shader = (before = "") => ({
  code: `
@group(0) @binding(0) var<storage, read> given: array<f32>;
@group(0) @binding(1) var<storage, read_write> doubled: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) at: vec3u) {
  ${before}
  doubled[at.x] = 2.0 * given[at.x];
}`,
  grid: [COUNT / 64, 1, 1],
});

/** What became of each. All samples together are no longer than the whole race: the slowest one is a good part of it.
 * @param {readonly object[]} candidates */
async function raced(candidates, changes = {}) {
  const size = 4 * COUNT;
  const problems = [{ data_url: pathToFileURL(data).href, sizes: [size, size], most_apart: 0.01, candidates }];
  const task = { kind: "gpukernels", problems, power: "", seed: 1, samples: 4, given_up: 0, budget_ms: 200_000 };
  const began = performance.now();
  const { problems: told, errors } = await resting(contested(gpu, { ...task, ...changes }));
  const race_ns = 1e6 * (performance.now() - began);
  const timed_ns = told[0].candidates.flatMap(({ samples_ns }) => samples_ns.map(Math.abs));
  assert.ok(timed_ns.reduce((all, ns) => all + ns, 0) < race_ns, `${timed_ns} of ${race_ns}`);
  assert.deepEqual(errors, []);
  return told[0].candidates;
}

test("more shaders than one submit takes are timed in every round", async () => {
  const told = await raced(Array.from({ length: 35 }, () => shader()));
  for (const one of told) {
    assert.deepEqual([one.difference, one.odd, one.late, one.why], [0, 0, false, ""]);
    assert.equal(one.samples_ns.length, 4);
  }
});

test("what is far behind is timed once; what is wrong is the fastest, and gives nobody up", async () => {
  const sound = Array.from({ length: 5 }, () => shader());
  const [slow, wrong, ...rest] = await raced([shader(SPINNING), shader(IDLE), ...sound], { given_up: 20 });
  assert.deepEqual([slow.odd, slow.samples_ns.length], [0, 1]);
  assert.equal(wrong.odd, COUNT);
  assert.ok(rest.some(({ samples_ns }) => samples_ns.length === 4));
});

test("when the time is over each that is ready is measured once, and nothing else is tried", async () => {
  const told = await raced([shader(SPINNING), shader(), shader()], { budget_ms: 1 });
  const counts = told.map(({ samples_ns }) => samples_ns.length);
  assert.ok(counts.every((count, at) => count === (told[at].late ? 0 : 1)), String(counts));
  assert.ok(told[2].late);
  const none = await raced([shader(), shader()], { budget_ms: 0 });
  assert.deepEqual(none.map(({ late, samples_ns }) => [late, samples_ns.length]), [[true, 0], [true, 0]]);
});

test("what is refused was tried", async () => {
  const [broken, large] = await raced([{ ...shader(), code: "nonsense" }, { ...shader(), grid: [70_000, 1, 1] }]);
  assert.match(broken.why, /does not compile/);
  assert.match(large.why, /refuses/);
  assert.deepEqual([broken.late, large.late], [false, false]);
});
