import assert from "node:assert/strict";
import { test } from "node:test";

import * as here from "./recording.mjs";

const book = await here.listening();
const { run } = await here.model();
const answer = await here.runs(book, run, 3);
book.stop();
await run(); // nobody listens any more
const input = new Uint8Array(here.INPUT.buffer);
const file = await here.joined(await here.packed(book.told(), { model: "small" }, [input]));
const trace = here.opened(file);
const segment = here.lastRun(trace);

/** The recording with other calls. */
const changed = (calls) => ({ ...trace, header: { ...trace.header, calls } });
const replay = (one, place = segment) => here.ready(here.gpu, one, place, { wait: here.resting });

test("every kind of call is in the recording, and nothing that it cannot hold", () => {
  assert.deepEqual([...new Set(trace.header.calls.map(({ op }) => op))].sort(), [
    "beginComputePass", "clearBuffer", "copyBufferToBuffer", "createBindGroup", "createBindGroupLayout", "createBuffer",
    "createCommandEncoder", "createComputePipeline", "createPipelineLayout", "createQuerySet", "createShaderModule",
    "destroyBuffer", "dispatchWorkgroups", "dispatchWorkgroupsIndirect", "end", "errorPopped", "finish",
    "getBindGroupLayout", "mapAsync", "mapped", "mark", "onSubmittedWorkDone", "pipelineReady", "popErrorScope",
    "pushErrorScope", "read", "requestAdapter", "requestDevice", "resolveQuerySet", "setBindGroup", "setPipeline",
    "submit", "unmap", "workDone", "writeBuffer",
  ]);
  assert.deepEqual([trace.header.unsupported, trace.header.ended, trace.header.errors], [[], "", []]);
});

test("what is written over and over is kept once, and the input is known", () => {
  const writes = trace.header.calls.filter(({ op, writes }) => op === "unmap" && writes.length > 0);
  assert.equal(new Set(writes.slice(1).map(({ writes: [{ blob }] }) => blob)).size, 1);
  const [known] = trace.header.inputs;
  assert.equal(trace.header.inputs.length, 1);
  assert.deepEqual(trace.bytes(known), input);
});

test("runs ask for the same, and each reads what the page read", () => {
  const ops = trace.header.calls.map(({ op }) => op);
  const marks = ops.flatMap((op, at) => (op === "mark" ? [at] : []));
  const [first, second] = [ops.slice(marks[2], marks[3]), ops.slice(marks[4], marks[5])];
  assert.deepEqual(first, second);
  const reads = trace.header.calls.filter(({ op }) => op === "read");
  const bytes = new Uint8Array(answer.buffer);
  assert.deepEqual(reads.map(({ blob }) => trace.bytes(blob)), [bytes, bytes, bytes]);
  assert.deepEqual(answer, here.INPUT.map((one) => 7 * one));
});

test("a replay reads the same bytes, and others on a spoilt input", async () => {
  const { stage, compared, run } = await replay(trace);
  assert.deepEqual(compared, { compared: 2 * input.length, differing: 0 });
  for (let again = 0; again < 3; again += 1) {
    assert.deepEqual(here.difference(trace, (await run()).reads), { compared: input.length, differing: 0 });
  }
  stage.spoil(new Set(segment.spoilt));
  assert.ok(here.difference(trace, (await run()).reads).differing > input.length / 8);
  stage.spoil(new Set());
  assert.equal(here.difference(trace, (await run()).reads).differing, 0);
  assert.deepEqual([...stage.errors], []);
});

test("a dispatch that is left out is found by the bytes", async () => {
  const at = trace.header.calls.findLastIndex(({ op }) => op === "dispatchWorkgroups");
  const { run } = await replay(changed(trace.header.calls.with(at, { op: "mark", run: 9, edge: "begin", at_ms: 0 })));
  assert.ok(here.difference(trace, (await run()).reads).differing > 0);
});

test("each dispatch has a time of its own, in order", async () => {
  const how = { segment, warmup: 1, iterations: 2, wait: here.resting };
  const { dispatches, ...timed } = await here.timeline(here.gpu, trace, how);
  assert.deepEqual(dispatches.map(({ pipeline }) => pipeline), [here.LABEL, here.LABEL, here.LABEL]);
  const runs = [0, 1].map((run) => dispatches.flatMap(({ begins_ns, ends_ns }) => [begins_ns[run], ends_ns[run]]));
  const forwards = (run) => run.every((moment, at) => at === 0 || run[at - 1] <= moment);
  assert.ok(runs.some(forwards), `${runs}`); // by a clock that may go backwards
  for (const waited of [timed.waited_ms, timed.idle_map_ms]) {
    assert.equal(waited.length, how.iterations);
    assert.ok(waited.every((ms) => ms > 0));
  }
  assert.equal(timed.waits, 3, "a map, work done and a map; an error scope is no work of the GPU");
  assert.equal(timed.idle_map_bytes, 2 * 8 * dispatches.length);
  assert.ok(timed.empty_ns.length > 10 && timed.empty_ns.some((ns) => ns >= 0));
  assert.deepEqual([timed.compared_bytes, timed.differing_bytes], [(2 + 3) * input.length, 0]);
});

test("a shader that does not compile is named with its line", async () => {
  const broken = trace.header.calls.map((call) =>
    call.op === "createShaderModule" ? { ...call, code: `${call.code}\nfn broken( {}` } : call,
  );
  await assert.rejects(replay(changed(broken)), (error) => {
    assert.ok(error instanceof here.Refusal);
    return /the shader twice of the recording does not compile here: line 8/.test(error.message);
  });
});

test("a call that the GPU refuses ends the replay in its own words", async () => {
  const calls = trace.header.calls.map((call) =>
    call.op === "createBuffer" && call.usage === 0x8c ? { ...call, usage: 0x8 } : call,
  );
  await assert.rejects(replay(changed(calls)), /the GPU refused a call of the recording|cannot be made/);
});

test("a device that is lost on the way is the reason, whatever fails after it", async () => {
  const { calls } = trace.header;
  const device = calls.find(({ op }) => op === "requestDevice").out;
  const at = calls.findIndex(({ op }, place) => op === "mapAsync" && place > segment.begin);
  const lost = changed(calls.toSpliced(at, 0, { op: "destroyDevice", device }));
  const { run } = await replay(lost, { ...segment, end: segment.end + 1 });
  await assert.rejects(run(), (error) => {
    assert.ok(error instanceof here.Refusal);
    return /the GPU device was lost while the recording was replayed \(destroyed/.test(error.message);
  });
});

test("a feature that the adapter lacks is named; an experimental one is left out", async () => {
  const asking = (name) =>
    changed(
      trace.header.calls.map((call) =>
        call.op === "requestDevice" ? { ...call, features: [...call.features, name] } : call,
      ),
    );
  await assert.rejects(replay(asking("no-such-feature")), /lacks no-such-feature/);
  const { stage } = await replay(asking("chromium-experimental-no-such-feature"));
  assert.deepEqual([...stage.left_out], ["chromium-experimental-no-such-feature"]);
});
