import assert from "node:assert/strict";
import { test } from "node:test";

import * as here from "./recording.mjs";

const at = (name) => `${process.env.PROBES_WEB}/gpu/${name}.mjs`;
const { parted, waited } = await import(at("parts"));
const { prepared, readBacks, unbroken } = await import(at("orders"));
const { listening } = await import(at("listening"));
const { repeated } = await import(at("repeated"));

const PARTS = ["whole_ms", "prepared_ms", "reading_ms", "uploading_ms", "answering_ms"];

const book = await here.listening();
const { device, run } = await here.model();
const whole = await here.stopping(device);
const overwrite = await here.overwriting(device);
await here.runs(book, run, 2);
const plain = here.opened(await recorded());
await here.runs(book, whole, 2, 2);
const stopping = here.opened(await recorded());
await here.runs(book, overwrite, 2, 4);
book.stop();
const overwritten = here.opened(await recorded());

async function recorded() {
  return here.joined(await here.packed(book.told(), { model: "small" }, [new Uint8Array(here.INPUT.buffer)]));
}

/** A replay of the last run, and its parts; `planted`: what is done to the runs of it. */
async function measured(trace, most = 3, planted = (ready) => ready) {
  const segment = here.lastRun(trace);
  const ready = planted(await here.ready(here.gpu, trace, segment, { wait: here.resting }));
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

/** A replay that makes no dispatch while `drops` says so of the order of a run. */
async function dropping(drops) {
  let dropped = false;
  const passes = ({ passes }) => ({
    dispatchWorkgroups: ({ on, count }) => void (dropped || passes.get(on).dispatchWorkgroups(...count)),
  });
  const segment = here.lastRun(overwritten);
  const ready = await here.ready(here.gpu, overwritten, segment, { wait: here.resting, passes });
  const runAs = (order) => {
    dropped = drops(order);
    return ready.runAs(order);
  };
  return { segment, ready: { ...ready, runAs, run: () => runAs(ready.whole) } };
}

test("of runs that compute nothing the first to follow another input's is caught", async () => {
  const { segment, ready: sound } = await dropping(() => false);
  const good = await repeated(sound, overwritten, segment, { warmup: 1, iterations: 3 });
  assert.deepEqual([good.compared.differing, good.runs.length, good.proven], [0, 3, 3]);

  let idle = false;
  const { ready } = await dropping(() => idle);
  await ready.run();
  idle = true;
  const alike = here.difference(overwritten, (await ready.run()).reads);
  assert.deepEqual(alike, { compared: here.INPUT.byteLength, differing: 0 }, "repeating alone proves nothing");

  const { spoil } = ready.stage;
  ready.stage.spoil = (blobs) => {
    idle = blobs.size === 0; // on the recorded input nothing is computed, on another one everything
    spoil(blobs);
  };
  const found = await repeated(ready, overwritten, segment, { warmup: 1, iterations: 3 });
  assert.ok(found.control.differing > 0);
  assert.ok(found.compared.differing > 0);
});

test("a run in another order whose dispatches are dropped is caught", async () => {
  const { segment, ready } = await dropping(({ first }) => first.length > 0);
  const parts = await parted(ready, overwritten, segment, { most: 3, wait: here.resting });
  assert.deepEqual([parts.why, parts.prepared_ms.length], ["", 3]);
  assert.ok(parts.differing_bytes > 0);
  const { ready: sound } = await dropping(() => false);
  const others = await parted(sound, overwritten, segment, { most: 3, wait: here.resting });
  assert.deepEqual([others.why, others.differing_bytes, others.compared_bytes > 0], ["", 0, true]);
});

test("where another input gives the same bytes no run is proven, and there are no parts", async () => {
  const segment = { ...here.lastRun(overwritten), spoilt: [] };
  const ready = await here.ready(here.gpu, overwritten, segment, { wait: here.resting });
  const parts = await parted(ready, overwritten, segment, { most: 3, wait: here.resting });
  assert.match(parts.why, /another input gives the same bytes/);
  assert.deepEqual([parts.whole_ms, parts.prepared_ms, parts.compared_bytes], [[], [], 0]);
});

/** Runs that are as they were, and told to take so long. */
const lasting = (ms) => (ready) => {
  const lasts = async (run) => {
    const one = await run;
    return { ...one, ended: one.began + ms };
  };
  return { ...ready, run: () => lasts(ready.run()), runAs: (order) => lasts(ready.runAs(order)) };
};

test("runs of more than four seconds are not taken apart: the replay goes on without", async () => {
  const [slower, slow] = [await measured(plain, 3, lasting(4001)), await measured(plain, 3, lasting(3999))];
  assert.equal(slower.why, "a run takes longer than 4 s");
  for (const name of [...PARTS, "compiled_ms", "unbroken_ms"]) assert.deepEqual(slower[name], [], name);
  assert.equal(slower.end_waits_ms.length, 2, "the timed runs count all the same");
  assert.deepEqual([slow.why, slow.differing_bytes], ["", 0]);
  assert.equal(slow.whole_ms.length, 3);
});

test("a run that becomes slow on the way ends it as well", async () => {
  let runs = 0;
  const later = (ready) => {
    const { runAs } = lasting(4001)(ready);
    return { ...ready, runAs: (order) => ((runs += 1) > 4 ? runAs(order) : ready.runAs(order)) };
  };
  const parts = await measured(plain, 3, later);
  assert.deepEqual([parts.why, parts.whole_ms], ["a run takes longer than 4 s", []]);
});

test("a run that never stops and makes no pipeline has nothing to leave out", async () => {
  const parts = await measured(plain);
  assert.deepEqual([parts.unbroken_ms, parts.compiled_ms], [[], []]);
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
  const quiet = [];
  for (let again = 0; again < 5; again += 1) quiet.push((await heard(run)).largest_ms);
  const stalled = await heard(() => whole(() => busy(40)));
  stop();
  assert.equal(GPUQueue.prototype.submit, own);
  assert.ok(Math.min(...quiet) < 30, `${quiet}`); // a machine with other work has stalls of its own
  assert.ok(stalled.largest_ms >= 40, `${stalled.largest_ms}`);
  assert.ok(stalled.between_ms >= stalled.largest_ms);
  assert.ok(stalled.waits_ms > 0);
});

function busy(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
