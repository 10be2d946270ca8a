import assert from "node:assert/strict";
import { test } from "node:test";

import * as here from "./recording.mjs";

const CODE = "@compute @workgroup_size(1) fn main() {}";
const RUNS = 3;

const book = await here.listening();
const { device } = await here.model();
const overwrite = await here.overwriting(device);
const anew = await compiling((made) => `${CODE}\n// ${made}`, 0);
const known = await compiling(() => CODE, 2);
book.stop();

/** Two runs, each of which makes a pipeline of a text. */
async function compiling(textOf, first) {
  let made = 0;
  const run = () => {
    const module = device.createShaderModule({ code: textOf((made += 1)) });
    device.createComputePipeline({ layout: "auto", compute: { module } });
    return overwrite();
  };
  await here.runs(book, run, 2, first);
  const input = new Uint8Array(here.INPUT.buffer);
  return here.opened(await here.joined(await here.packed(book.told(), { model: "small" }, [input])));
}

/** What shaders are made of while the last run is replayed several times; its bytes stay the same. */
async function replayed(trace) {
  const ready = await here.ready(here.gpu, trace, here.lastRun(trace), { wait: here.resting });
  const own = GPUDevice.prototype.createShaderModule;
  const texts = [];
  GPUDevice.prototype.createShaderModule = function (wanted) {
    texts.push(wanted.code);
    return own.call(this, wanted);
  };
  for (let again = 0; again < RUNS; again += 1) {
    const { reads } = await ready.run();
    assert.equal(here.difference(trace, reads).differing, 0);
  }
  GPUDevice.prototype.createShaderModule = own;
  return texts;
}

test("a text that was new to the page is new in every replayed run", async () => {
  const texts = await replayed(anew);
  assert.equal(texts[0], `${CODE}\n// 2`, "the first time as it was recorded");
  assert.equal(new Set(texts).size, RUNS);
});

test("a text that the page had compiled before stays as it was", async () => {
  assert.deepEqual(await replayed(known), Array(RUNS).fill(CODE));
});
