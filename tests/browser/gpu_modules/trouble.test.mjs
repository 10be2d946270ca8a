import assert from "node:assert/strict";
import { test } from "node:test";

import * as here from "./recording.mjs";

const at = (name) => `${process.env.PROBES_WEB}/${name}.mjs`;
const { heeding, news, orGpuTrouble } = await import(at("gpu/trouble"));
const { broke, during } = await import(at("phases"));

async function device() {
  const adapter = await here.adapterHere();
  return here.resting(adapter.requestDevice());
}

/** As a driver says it that has none left. */
function outOfMemory(of, size) {
  const error = new GPUOutOfMemoryError(`no memory for ${size} bytes`);
  of.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error }));
}

test("what fails on a device that is gone fails because it is gone, and on the next one for reasons of its own", async () => {
  const gone = await heeding(device);
  const broken = during("warmup", () => {
    setTimeout(() => gone.destroy(), 10); // what fails is seen before the device says why
    throw new Error("a buffer was unmapped");
  });
  const { message, phase } = broke(await orGpuTrouble(() => broken).catch((thrown) => thrown));
  assert.match(message, /^the GPU device was lost \(.+\)$/);
  assert.equal(phase, "warmup");

  await heeding(device);
  const own = new Error("a reason of its own");
  await assert.rejects(() => orGpuTrouble(() => Promise.reject(own)), own);
});

test("only devices that work of ours asked for are listened to, and whatever comes of the work they are the reason", async () => {
  const method = GPUAdapter.prototype.requestDevice;
  const ours = await heeding(device);
  assert.equal(GPUAdapter.prototype.requestDevice, method, "the method is as it was");
  const theirs = await device();

  outOfMemory(theirs, 1);
  await news();
  assert.equal(await orGpuTrouble(() => 7), 7);
  const own = new Error("a reason of its own");
  await assert.rejects(() => orGpuTrouble(() => Promise.reject(own)), own);

  const lost = during("timed", () => {
    setTimeout(() => outOfMemory(ours, 2), 10); // what fails is seen before the device says why
    throw new Error("a buffer is of no use");
  });
  const { name, message, phase } = broke(await orGpuTrouble(() => lost).catch((thrown) => thrown));
  assert.deepEqual([name, message, phase], ["GPUOutOfMemoryError", "no memory for 2 bytes", "timed"]);
  await assert.rejects(() => orGpuTrouble(() => 7), { name: "GPUOutOfMemoryError" }, "no result counts any more");
});
