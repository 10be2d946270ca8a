import assert from "node:assert/strict";
import { test } from "node:test";

const { writtenSince } = await import(`${process.env.PROBES_WEB}/written.mjs`);

const PAGE = 4096;
const pages = (memory) => new Uint8Array(memory.buffer);

for (const shared of [false, true]) {
  test(`a page that is written counts once, however often it is written (shared: ${shared})`, () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared });
    const look = writtenSince(new Set([memory]));
    assert.equal(look(), 0);
    pages(memory)[5] = 1;
    assert.equal(look(), PAGE);
    pages(memory)[6] = 2;
    pages(memory)[5] = 0;
    assert.equal(look(), PAGE);
    pages(memory)[6] = 0; // as it was in the beginning
    assert.equal(look(), PAGE);
    pages(memory)[3 * PAGE] = 1;
    assert.equal(look(), 2 * PAGE);
  });
}

test("what a memory has grown by since is new where it is written", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
  const look = writtenSince(new Set([memory]));
  memory.grow(1);
  assert.equal(look(), 0);
  pages(memory)[65536 + PAGE] = 1;
  assert.equal(look(), PAGE);
  assert.equal(look(), PAGE);
});

test("all memories count together", () => {
  const two = [0, 1].map(() => new WebAssembly.Memory({ initial: 1 }));
  const look = writtenSince(new Set(two));
  for (const memory of two) pages(memory)[0] = 1;
  assert.equal(look(), 2 * PAGE);
});
