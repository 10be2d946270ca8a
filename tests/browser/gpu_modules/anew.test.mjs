import assert from "node:assert/strict";
import { test } from "node:test";

import * as here from "./recording.mjs";

const at = (name) => `${process.env.PROBES_WEB}/gpu/${name}.mjs`;
const { compiled } = await import(at("orders"));
const { parted } = await import(at("parts"));

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

/** The last run of it, ready to be made again. */
const readied = (trace) => here.ready(here.gpu, trace, here.lastRun(trace), { wait: here.resting });

/** What a device was asked for by that method while something else was done. */
async function askedFor(method, work) {
  const own = GPUDevice.prototype[method];
  const asked = [];
  GPUDevice.prototype[method] = function (wanted) {
    asked.push({ wanted, at: performance.now() });
    return own.call(this, wanted);
  };
  await work();
  GPUDevice.prototype[method] = own;
  return asked;
}

/** What shaders are made of while the last run is replayed several times; its bytes stay the same. */
async function replayed(trace) {
  const ready = await readied(trace);
  const asked = await askedFor("createShaderModule", async () => {
    for (let again = 0; again < RUNS; again += 1) {
      const { reads } = await ready.run();
      assert.equal(here.difference(trace, reads).differing, 0);
    }
  });
  return asked.map(({ wanted }) => wanted.code);
}

test("a text that was new to the page is new in every replayed run", async () => {
  const texts = await replayed(anew);
  assert.equal(texts[0], `${CODE}\n// 2`, "the first time as it was recorded");
  assert.equal(new Set(texts).size, RUNS);
});

test("a text that the page had compiled before stays as it was", async () => {
  assert.deepEqual(await replayed(known), Array(RUNS).fill(CODE));
});

test("pipelines and what they are made of come before the rest of a run, and nothing else does", () => {
  const { calls } = anew.header;
  const segment = here.lastRun(anew);
  const { first, then } = compiled(calls, segment);
  assert.deepEqual(
    first.map((place) => calls[place].op),
    ["createShaderModule", "createComputePipeline"],
  );
  assert.equal(first.length + then.length, segment.end - segment.begin);
  assert.deepEqual(then, then.toSorted((a, b) => a - b));
});

test("a run whose pipelines are there when it begins makes none, and computes the same", async () => {
  const ready = await readied(anew);
  const order = compiled(anew.header.calls, here.lastRun(anew));
  let run;
  const asked = await askedFor("createComputePipeline", async () => void (run = await ready.runAs(order)));
  assert.equal(asked.length, 1);
  assert.ok(asked[0].at <= run.began);
  assert.equal(here.difference(anew, run.reads).differing, 0);
});

test("what a run compiles is what it is shorter by without", async () => {
  const parts = await parted(await readied(anew), anew, here.lastRun(anew), { most: RUNS, wait: here.resting });
  assert.deepEqual([parts.why, parts.differing_bytes], ["", 0]);
  assert.equal(parts.compiled_ms.length, parts.whole_ms.length);
  assert.ok(Math.min(...parts.compiled_ms) < Math.min(...parts.whole_ms));
});
