import assert from "node:assert/strict";
import { test } from "node:test";

const { probe } = await import(`${process.env.PROBES_WEB}/probes/replay.mjs`);

/** A clock that nothing moves but calls; the name of an export is how many hundreds of µs one takes. */
let clock_ms = 0;
performance.now = () => clock_ms;
WebAssembly.compile = async () => null;
WebAssembly.Module.imports = () => [];
WebAssembly.instantiate = async () => ({
  exports: new Proxy({}, { get: (_, hundreds) => (times) => { clock_ms += (times * Number(hundreds)) / 10; } }),
});

const kept = (hundreds, rows) => ({ repeat: `${hundreds}`, image_url: "data:,image", rows_url: "data:,rows", rows, variables: [] });
const replayed = (cases, samples) =>
  probe.run({ module_url: "data:,module", most_pages: 1, cases, seed: 1, warmup_ms: 5, sample_ms: 4, samples });

test("a sample is the mean of a call, whatever else is called in between", async () => {
  const { samples_us } = await replayed([kept(1, 4), kept(7, 3)], 5);
  assert.deepEqual(samples_us.map(({ length }) => length), [5, 5]);
  samples_us.forEach((samples, at) => {
    for (const us of samples) assert.ok(Math.abs(us - [100, 700][at]) < 1e-6, `${us}`);
  });
});

test("a sample lasts as long as it is to, beside a pass that is not timed", async () => {
  const began_ms = clock_ms;
  await replayed([kept(1, 4)], 1000);
  const a_sample_ms = (clock_ms - began_ms) / 1000;
  assert.ok(a_sample_ms >= 4 + 0.4 && a_sample_ms < 5.2, `${a_sample_ms}`);
});

test("where no samples are asked for nothing is timed", async () => {
  const began_ms = clock_ms;
  const { samples_us } = await replayed([kept(1, 4)], 0);
  assert.deepEqual(samples_us, [[]]);
  assert.ok(Math.abs(clock_ms - began_ms - 2 * 0.4) < 1e-9, "two passes, of which memory is kept");
});
