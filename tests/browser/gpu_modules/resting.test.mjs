import assert from "node:assert/strict";
import { test } from "node:test";

import { adapterHere, resting } from "./recording.mjs";

const WAITS = 300;

test("a wait is no longer for all the waits before it", async () => {
  const { queue } = await resting((await adapterHere()).requestDevice());
  const waits_ms = [];
  for (let wait = 0; wait < WAITS; wait += 1) {
    const began = performance.now();
    await resting(queue.onSubmittedWorkDone());
    waits_ms.push(performance.now() - began);
  }
  const shortest = (some) => Math.min(...some); // other work on the machine makes many of them longer
  const [first, last] = [waits_ms.slice(0, WAITS / 3), waits_ms.slice(-WAITS / 3)].map(shortest);
  assert.ok(last < first + 1, `${first} ms at first, ${last} ms in the end`);
});
