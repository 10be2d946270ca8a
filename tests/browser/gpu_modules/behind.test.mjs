import assert from "node:assert/strict";
import { test } from "node:test";

const { leaveBehind } = await import(`${process.env.PROBES_WEB}/gpu/behind.mjs`);

const runner = (first_ns, { problem = 0, right = true } = {}) => ({
  problem,
  timed: { samples_ns: first_ns === null ? [] : [first_ns] },
  right,
  out: false,
});
const outs = (runners, given_up = 1.5) => {
  leaveBehind(runners, given_up);
  return runners.map(({ out }) => out);
};

test("who takes more than so many times the fastest of the same problem is out", () => {
  assert.deepEqual(outs([runner(100), runner(149), runner(151), runner(900, { problem: 1 })]), [false, false, true, false]);
});

test("the measured round still counts for those that go on, and for those that are out", () => {
  const runners = [runner(100), runner(200)];
  leaveBehind(runners, 1.5);
  assert.deepEqual(runners.map(({ timed }) => timed.samples_ns), [[100], [200]]);
});

test("what is wrong is no measure for those that are right", () => {
  assert.deepEqual(outs([runner(1, { right: false }), runner(100), runner(120)]), [false, false, false]);
});

test("a clock that stood still or went backwards is no measure either", () => {
  assert.deepEqual(outs([runner(0), runner(-5), runner(100), runner(200)]), [false, false, false, true]);
});

test("where nothing is to be given up, or nothing was timed, nobody is out", () => {
  assert.deepEqual(outs([runner(100), runner(900)], 0), [false, false]);
  assert.deepEqual(outs([runner(null), runner(null)]), [false, false]);
});
