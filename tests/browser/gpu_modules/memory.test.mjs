import assert from "node:assert/strict";
import { test } from "node:test";

import * as here from "./recording.mjs";

const at = (name) => `${process.env.PROBES_WEB}/${name}.mjs`;
const { heeding, news, orOutOfMemory } = await import(at("gpu/memory"));
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

test("only devices that work of ours asked for are listened to, and whatever comes of the work they are the reason", async () => {
  const method = GPUAdapter.prototype.requestDevice;
  const ours = await heeding(device);
  assert.equal(GPUAdapter.prototype.requestDevice, method, "the method is as it was");
  const theirs = await device();

  outOfMemory(theirs, 1);
  await news();
  assert.equal(await orOutOfMemory(() => 7), 7);
  const own = new Error("a reason of its own");
  await assert.rejects(() => orOutOfMemory(() => Promise.reject(own)), own);

  const lost = during("timed", () => {
    setTimeout(() => outOfMemory(ours, 2), 10); // what fails is seen before the device says why
    throw new Error("a buffer is of no use");
  });
  const { name, message, phase } = broke(await orOutOfMemory(() => lost).catch((thrown) => thrown));
  assert.deepEqual([name, message, phase], ["GPUOutOfMemoryError", "no memory for 2 bytes", "timed"]);
  await assert.rejects(() => orOutOfMemory(() => 7), { name: "GPUOutOfMemoryError" }, "no result counts any more");
});
