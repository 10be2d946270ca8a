import assert from "node:assert/strict";
import { test } from "node:test";

const { frames } = await import(`${process.env.PROBES_WEB}/gui/watched.mjs`);
const FRAME_MS = 16;

/** A display whose frames are answered when the page's tasks are over, with the times when they were due.
 * @param {(frame: number) => number} busyMs */
function display(busyMs) {
  let [time, frame] = [0, 0];
  performance.now = () => time;
  globalThis.requestAnimationFrame = (answer) => {
    const due = (Math.floor(time / FRAME_MS) + 1) * FRAME_MS;
    setImmediate(() => {
      time = due + busyMs(frame++);
      answer(due);
    });
  };
}

const sum = (values) => values.reduce((all, one) => all + one, 0);

test("a page that does nothing else has its display's frames", async () => {
  display(() => 0);
  const found = await frames(1600);
  assert.deepEqual(new Set(found), new Set([FRAME_MS]));
  assert.equal(sum(found), 1600);
});

test("what keeps a frame waiting shows in an interval", async () => {
  display((frame) => (frame === 3 ? 100 : 0));
  const found = await frames(1600);
  assert.equal(Math.max(...found), 112);
});

test("a page that is frozen for all of the time has one interval, as long as that", async () => {
  display(() => 4000);
  assert.deepEqual(await frames(2000), [FRAME_MS + 4000]);
});
