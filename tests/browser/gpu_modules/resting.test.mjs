import assert from "node:assert/strict";
import { test } from "node:test";

import { adapterHere, resting } from "./recording.mjs";

const FEW = 10;

test("a wait is no longer for all the waits before it", async () => {
  const { queue } = await resting((await adapterHere()).requestDevice());
  const waits_ms = [];
  for (let wait = 0; wait < 30 * FEW; wait += 1) {
    const began = performance.now();
    await resting(queue.onSubmittedWorkDone());
    waits_ms.push(performance.now() - began);
  }
  const shortest = (some) => Math.min(...some);
  const [first, last] = [waits_ms.slice(FEW, 4 * FEW), waits_ms.slice(-3 * FEW)].map(shortest);
  assert.ok(last < first + 1, `${first} ms at first, ${last} ms in the end`);
});
