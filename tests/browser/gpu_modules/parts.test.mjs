import assert from "node:assert/strict";
import { test } from "node:test";

import * as here from "./recording.mjs";

const at = (name) => `${process.env.PROBES_WEB}/gpu/${name}.mjs`;
const { parted, waited } = await import(at("parts"));
const { prepared, readBacks, unbroken } = await import(at("orders"));
const { listening } = await import(at("listening"));

const PARTS = ["whole_ms", "prepared_ms", "reading_ms", "uploading_ms", "answering_ms"];

const book = await here.listening();
const { device, run } = await here.model();
const whole = await here.stopping(device);
await here.runs(book, run, 2);
const plain = here.opened(await recorded());
await here.runs(book, whole, 2, 2);
book.stop();
const stopping = here.opened(await recorded());

async function recorded() {
  return here.joined(await here.packed(book.told(), { model: "small" }, [new Uint8Array(here.INPUT.buffer)]));
}

/** A replay of the last run, and its parts. */
async function measured(trace, most = 3) {
  const segment = here.lastRun(trace);
  const ready = await here.ready(here.gpu, trace, segment, { wait: here.resting });
  const runs = [await ready.run(), await ready.run()];
  const parts = await parted(ready, trace, segment, { most, wait: here.resting });
  return { ...waited(trace, segment, runs), ...parts };
}

test("a run in another order, and what it reads and writes alone, give the recorded bytes", async () => {
  const parts = await measured(plain);
  assert.deepEqual([parts.why, parts.differing_bytes], ["", 0]);
  assert.ok(parts.compared_bytes >= 4 * 3 * here.INPUT.byteLength);
  for (const name of PARTS) {
    assert.equal(parts[name].length, 3, name);
    assert.ok(parts[name].every((ms) => ms > 0), name);
  }
});

test("a run that never stops has nothing to leave out", async () => {
  const parts = await measured(plain);
  assert.deepEqual(parts.unbroken_ms, []);
});

test("a run that reads on its way and goes on computing can do without", async () => {
  const { header } = stopping;
  const segment = here.lastRun(stopping);
  assert.equal(readBacks(header.calls, segment).length, 2);
  const { then } = unbroken(header.calls, segment);
  const ops = then.map((place) => header.calls[place].op);
  assert.equal(ops.filter((op) => op === "mapped").length, 1);
  const parts = await measured(stopping);
  assert.deepEqual([parts.why, parts.differing_bytes, parts.unbroken_ms.length], ["", 0, 3]);
  assert.ok(parts.inner_waits_ms.every((ms) => ms > 0));
  assert.ok(parts.end_waits_ms.every((ms) => ms > 0));
});

test("commands are made first, and everything else keeps its order", () => {
  const { calls } = stopping.header;
  const segment = here.lastRun(stopping);
  const { first, then } = prepared(calls, segment);
  assert.deepEqual([...first, ...then].toSorted((a, b) => a - b).length, segment.end - segment.begin);
  assert.ok(first.every((place) => !["submit", "writeBuffer", "mapAsync", "mapped"].includes(calls[place].op)));
  assert.deepEqual(then, then.toSorted((a, b) => a - b));
});

test("nobody asked for parts: they are empty and say so", async () => {
  const parts = await measured(plain, 0);
  assert.deepEqual([parts.prepared_ms, parts.why], [[], "nobody asked for them"]);
  assert.equal(parts.end_waits_ms.length, 2);
});

test("a stall between two submits is heard as one, and afterwards nobody listens", async () => {
  const own = GPUQueue.prototype.submit;
  const { heard, stop } = listening();
  const quiet = await heard(run);
  const stalled = await heard(() => whole(() => busy(40)));
  stop();
  assert.equal(GPUQueue.prototype.submit, own);
  assert.ok(quiet.largest_ms < 30, `${quiet.largest_ms}`);
  assert.ok(stalled.largest_ms >= 40, `${stalled.largest_ms}`);
  assert.ok(stalled.between_ms >= stalled.largest_ms);
  assert.ok(stalled.waits_ms > 0);
});

function busy(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
