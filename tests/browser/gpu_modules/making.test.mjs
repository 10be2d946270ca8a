import assert from "node:assert/strict";
import { test } from "node:test";

import * as here from "./recording.mjs";

const at = (name) => `${process.env.PROBES_WEB}/gpu/${name}.mjs`;
const { covered } = await import(at("course"));
const { making } = await import(at("making"));
const { countingBuffers } = await import(at("buffers"));

const SHADER = "@compute @workgroup_size(1) fn main() {}";
const KIB = 1024;

async function device() {
  const adapter = await here.adapterHere();
  return here.resting(adapter.requestDevice());
}

test("what is made in which stretch of time is counted, and afterwards nobody listens", async () => {
  const own = GPUDevice.prototype.createShaderModule;
  const book = making();
  const moments = [performance.now()];
  const made = await device();
  moments.push(performance.now());
  const module = made.createShaderModule({ code: SHADER });
  const compute = { module, entryPoint: "main" };
  const pipeline = made.createComputePipeline({ layout: "auto", compute });
  moments.push(performance.now());
  await here.resting(made.createComputePipelineAsync({ layout: "auto", compute }));
  const encoder = made.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.dispatchWorkgroups(1);
  pass.end();
  made.queue.submit([encoder.finish()]);
  await here.resting(made.queue.onSubmittedWorkDone());
  moments.push(performance.now());
  book.stop();
  made.createShaderModule({ code: SHADER });

  assert.equal(GPUDevice.prototype.createShaderModule, own);
  const counts = moments.slice(1).map((end, number) => {
    const one = book.within(`${number}`, moments[number], end);
    assert.ok(Math.max(one.shaders_ms, one.pipelines_ms, one.waits_ms) <= end - moments[number]);
    return [one.shaders, one.pipelines, one.submits, one.pipelines_ms > 0, one.waits_ms > 0];
  });
  assert.deepEqual(counts, [
    [0, 0, 0, false, false],
    [1, 1, 0, true, false],
    [0, 1, 1, true, true],
  ]);
  assert.deepEqual([book.adapters.length, book.devices.length], [1, 1]);
  assert.ok(book.adapters[0][1] <= book.devices[0][0]);
});

test("a stretch that others are part of counts once, within its bounds", () => {
  const some = [[5, 9], [0, 4], [1, 2], [8, 20]];
  assert.equal(covered(some, 0, 100), 19);
  assert.equal(covered(some, 3, 6), 2);
  assert.equal(covered(some, 30, 40), 0);
});

test("buffers are alive until they, or their device, are destroyed, whatever is destroyed twice", async () => {
  const told = countingBuffers();
  const [one, other] = [await device(), await device()];
  const [first] = [1, 2, 3].map((size) => one.createBuffer({ size: size * KIB, usage: 8 }));
  const kept = other.createBuffer({ size: 10 * KIB, usage: 8 });
  first.destroy();
  first.destroy();
  const nothing = { collected: 0, collected_bytes: 0 };
  assert.deepEqual(told(), { made: 4, made_bytes: 16 * KIB, destroyed: 1, destroyed_bytes: KIB, ...nothing });
  one.destroy();
  assert.deepEqual(told(), { made: 4, made_bytes: 16 * KIB, destroyed: 3, destroyed_bytes: 6 * KIB, ...nothing });
  kept.destroy();
  assert.equal(told().destroyed_bytes, 16 * KIB);
});
