import assert from "node:assert/strict";
import { test } from "node:test";

import * as here from "./recording.mjs";

test("a recording that outgrows its bound ends with a sentence, and the page goes on", async () => {
  const book = await here.listening(20_000);
  const { run } = await here.model();
  const answer = await here.runs(book, run, 9);
  assert.deepEqual(answer, here.INPUT.map((one) => 7 * one));
  const { calls, blobs, ended } = book.told();
  assert.match(ended, /^the recording passed 20000 bytes, which is all it may have, in run \d$/);
  assert.deepEqual([calls.length, blobs.length], [0, 0]);
  const { header } = here.opened(await here.joined(await here.packed(book.told(), {}, [])));
  assert.equal(header.ended, ended);
});
