import assert from "node:assert/strict";
import { test } from "node:test";

import * as here from "./recording.mjs";

test("what a recording cannot hold is named, once, and no replay begins", async () => {
  const book = await here.listening();
  const { device, run } = await here.model();
  const texture = { size: [4, 4], format: "rgba8unorm", usage: 0x12 };
  const views = [device.createTexture(texture), device.createTexture(texture)].map((one) => one.createView());
  const encoder = device.createCommandEncoder();
  const colorAttachments = [{ view: views[0], loadOp: "clear", storeOp: "store" }];
  encoder.pushDebugGroup("changes nothing");
  encoder.beginRenderPass({ colorAttachments }).end();
  encoder.popDebugGroup();
  device.queue.submit([encoder.finish()]);
  await run();
  const { unsupported } = book.told();
  assert.deepEqual(unsupported.toSorted(), [
    "GPUCommandEncoder.beginRenderPass",
    "GPUDevice.createTexture",
    "GPURenderPassEncoder.end",
  ]);
  const file = await here.joined(await here.packed(book.told(), {}, []));
  assert.throws(() => here.opened(file), /cannot be replayed: GPUDevice.createTexture/);
});
