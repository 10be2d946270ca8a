import assert from "node:assert/strict";
import { test } from "node:test";

const { courseOf } = await import(`${process.env.PROBES_WEB}/gpu/course.mjs`);

const NOTHING = { before_ms: 0, submits_ms: 0, between_ms: 0, after_ms: 0, waits_ms: 0, largest_ms: 0, submits: 0 };

test("every moment of a run is in one part of it", () => {
  const submits = [[12, 13], [17, 18], [28, 29]];
  const waits = [[20, 24], [23, 26], [29, 39]];
  assert.deepEqual(courseOf({ began: 10, ended: 40, submits, waits }), {
    before_ms: 2,
    submits_ms: 3,
    between_ms: 4 + 4,
    after_ms: 1,
    waits_ms: 6 + 10,
    largest_ms: 4,
    submits: 3,
  });
});

test("a wait is none of the thread's own time, wherever it is", () => {
  const found = courseOf({ began: 0, ended: 10, submits: [[8, 9]], waits: [[1, 7]] });
  assert.deepEqual(found, { ...NOTHING, before_ms: 2, submits_ms: 1, after_ms: 1, waits_ms: 6, submits: 1 });
});

test("without a submit all but waits is before one", () => {
  assert.deepEqual(courseOf({ began: 0, ended: 10, submits: [], waits: [[2, 5]] }), {
    ...NOTHING,
    before_ms: 7,
    waits_ms: 3,
  });
});
