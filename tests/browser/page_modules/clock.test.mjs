import assert from "node:assert/strict";
import { test } from "node:test";

const { now, timerStepUs } = await import(`${process.env.PROBES_WEB}/clock.mjs`);
const { nextTurn, until } = await import(`${process.env.PROBES_WEB}/turns.mjs`);
const { mulberry32 } = await import(`${process.env.PROBES_WEB}/seeded.mjs`);

test("waiting never ends too soon", async () => {
  for (const wait of [0.3, 1, 2.7, 3, 0.1, 2]) { // through every door at least once
    const due = now() + wait;
    await until(due);
    assert.ok(now() >= due);
  }
});

test("the timer's step is a positive number", () => {
  const step = timerStepUs();
  assert.ok(step > 0 && step < 1e6);
});

test("a turn of the event loop lets others go first", async () => {
  const order = [];
  const turn = nextTurn().then(() => order.push("turn"));
  queueMicrotask(() => order.push("microtask"));
  await turn;
  assert.deepEqual(order, ["microtask", "turn"]);
});

test("the same seed gives the same numbers, another one gives others", () => {
  const draw = (seed) => Array.from({ length: 5 }, mulberry32(seed));
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  assert.ok(draw(7).every((value) => value >= 0 && value < 1));
});
