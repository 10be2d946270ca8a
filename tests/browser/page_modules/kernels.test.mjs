import assert from "node:assert/strict";
import { test } from "node:test";

const { probe } = await import(`${process.env.PROBES_WEB}/probes/kernels.mjs`);

/** A clock that nothing moves but kernels: a module is one byte, the hundreds of µs that a call of it takes. */
let clock_ms = 0;
performance.now = () => clock_ms;
WebAssembly.compile = async ([hundreds]) => hundreds;
WebAssembly.instantiate = async (hundreds) => ({
  exports: { kernel: (times) => { clock_ms += (times * hundreds) / 10; } },
});

const QUICK = 1, SLOW = 16;
const kernel = (hundreds, { rivals = 0, samples = 3 } = {}) => ({
  module: btoa(String.fromCharCode(hundreds)),
  export: "kernel",
  calls: [[0]],
  samples,
  rivals,
  given: [],
  taken: [],
});
const timed = async (cases, changes = {}) => {
  const task = { memory_bytes: 1024, image_url: null, seed: 5, data: [], threads: 1, given_up: 0, shown: [] };
  const { samples_us } = await probe.run({ ...task, warmup_ms: 5, sample_ms: 10, cases, ...changes });
  return samples_us;
};
const counts = (samples_us) => samples_us.map(({ length }) => length);
const RIVALS = [kernel(QUICK, { rivals: 1 }), kernel(SLOW, { rivals: 1 }), kernel(SLOW, { rivals: 2 }), kernel(SLOW)];

test("a sample is the mean of a call, and there are as many as were asked for", async () => {
  const samples_us = await timed([kernel(QUICK), kernel(SLOW, { samples: 5 })]);
  assert.deepEqual(counts(samples_us), [3, 5]);
  samples_us.forEach((samples, at) => {
    for (const us of samples) assert.ok(Math.abs(us - [100, 1600][at]) < 1e-6, `${us}`);
  });
});

test("a sample lasts as long as it is to", async () => {
  const began_ms = clock_ms;
  await timed([kernel(QUICK, { samples: 1000 })]);
  const a_sample_ms = (clock_ms - began_ms) / 1000;
  assert.ok(a_sample_ms > 10 && a_sample_ms < 10.5, `${a_sample_ms}`);
});

test("what cannot win against its rivals is timed no more, and what has none is", async () => {
  assert.deepEqual(counts(await timed(RIVALS)), [3, 3, 3, 3]);
  const chosen = await timed(RIVALS, { given_up: 4 });
  assert.deepEqual(counts(chosen), [3, 1, 3, 3]);
  assert.ok(Math.abs(chosen[1][0] - 1600) < 1e-6);
  assert.deepEqual(counts(await timed(RIVALS, { given_up: 16.1 })), [3, 3, 3, 3]);
});

test("one call is enough of what competes and takes longer than a sample", async () => {
  assert.deepEqual(counts(await timed(RIVALS, { given_up: 1e9, sample_ms: 1 })), [3, 1, 1, 3]);
});
