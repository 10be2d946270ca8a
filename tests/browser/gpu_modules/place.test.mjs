import assert from "node:assert/strict";
import { test } from "node:test";

const { adapterOf } = await import(`${process.env.PROBES_WEB}/gpu/place.mjs`);

/** What the browser is asked for. */
async function asked(...power) {
  let options;
  await adapterOf({ requestAdapter: async (given) => ((options = given), {}) }, ...power);
  return options;
}

test("an adapter is asked for with the preference that was recorded, and without one where there was none", async () => {
  assert.deepEqual(await asked("high-performance"), { powerPreference: "high-performance" });
  assert.deepEqual(await asked("low-power"), { powerPreference: "low-power" });
  assert.deepEqual(await asked(""), {});
  assert.deepEqual(await asked(), {});
});
