// @ts-check
/** Recorded calls of functions of onnxruntime-web, again and again, in the very module that they come from. */

import { read } from "../bytes.mjs";
import { now } from "../clock.mjs";
import { during } from "../phases.mjs";
import { mulberry32, shuffled } from "../seeded.mjs";
import { nextTurn } from "../turns.mjs";

/** @typedef {import("../wire.js").ReplayTask} ReplayTask */
/** @typedef {import("../wire.js").ReplayCase} ReplayCase */
/** @typedef {(times: number, table: number, rows: number) => void} Repeater */

/** A case that can be called, what its memory is to hold before, and how many passes make up a sample.
 * @typedef {{ repeat: Repeater, memory: Uint8Array<SharedArrayBuffer>, image: Uint8Array<ArrayBuffer>, table: number,
 *   rows: number, variables: readonly (readonly [WebAssembly.Global, number])[], passes: number }} Ready */

const PAGE_BYTES = 65536;
const FASTER = 0.95;
/** At most so many times the time for warming up. */
const PATIENCE = 10;

/** @type {import("../probe.js").Probe<ReplayTask>} */
export const probe = {
  where: () => "main",

  run: (task) => during("timed", () => replayed(task)),
};

/** @param {ReplayTask} task @returns {Promise<import("../wire.js").Replayed>} */
async function replayed({ module_url, most_pages, cases, seed, warmup_ms, sample_ms, samples }) {
  const module = await WebAssembly.compile(await read(module_url));
  /** @type {Ready[]} */
  const ready = [];
  for (const one of cases) ready.push(await instantiated(one, module, most_pages));
  if (samples > 0) for (const one of ready) await warmUp(one, warmup_ms, sample_ms);
  const samples_us = await inRounds(ready, samples, mulberry32(seed));
  const sha256 = [];
  for (const one of ready) {
    restore(one);
    one.repeat(one.rows, one.table, one.rows);
    one.repeat(one.rows, one.table, one.rows); // from here on passes are timed
    sha256.push(await digest(one.memory.slice())); // by the code that was timed
  }
  return { kind: "replayed", samples_us, sha256 };
}

/** @param {ReplayCase} one @param {WebAssembly.Module} module @param {number} most_pages @returns {Promise<Ready>} */
async function instantiated({ repeat, image_url, rows_url, rows, variables }, module, most_pages) {
  const [memoryImage, table] = [await read(image_url), await read(rows_url)];
  const image = new Uint8Array(memoryImage.byteLength + table.byteLength);
  image.set(new Uint8Array(memoryImage));
  image.set(new Uint8Array(table), memoryImage.byteLength);
  const pages = Math.ceil(image.length / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: most_pages, shared: true });
  const { exports } = await WebAssembly.instantiate(module, imports(module, memory));
  return {
    repeat: /** @type {Repeater} */ (exports[repeat]),
    memory: new Uint8Array(/** @type {SharedArrayBuffer} */ (/** @type {unknown} */ (memory.buffer)), 0, image.length),
    image,
    table: memoryImage.byteLength,
    rows,
    variables: variables.map(([name, value]) => [/** @type {WebAssembly.Global} */ (exports[name]), value]),
    passes: 1,
  };
}

/** The memory, and functions that nothing that is replayed may call.
 * @param {WebAssembly.Module} module @param {WebAssembly.Memory} memory @returns {WebAssembly.Imports} */
function imports(module, memory) {
  /** @type {Record<string, Record<string, WebAssembly.ImportValue>>} */
  const given = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const there = (given[from] ??= {});
    if (kind === "memory") there[name] = memory;
    else if (kind === "function") there[name] = () => left(`${from}.${name}`);
    else throw new Error(`the module imports a ${kind}`);
  }
  return given;
}

/** @param {string} name @returns {never} */
function left(name) {
  throw new Error(`a recorded call left the module through ${name}`);
}

/** Some passes over all rows, on memory as it was recorded; in ms, without what restoring it takes. The first pass
 * brings caches back.
 * @param {Ready} one @param {number} passes */
function fromRecorded(one, passes) {
  restore(one);
  one.repeat(one.rows, one.table, one.rows);
  const began = now();
  one.repeat(passes * one.rows, one.table, one.rows);
  return now() - began;
}

/** @param {Ready} one */
function restore({ memory, image, variables }) {
  memory.set(image);
  for (const [variable, value] of variables) variable.value = value;
}

/** In stretches as long as a sample, until the time is over and nothing has become faster for a while: a large function
 * on a busy machine waits long for its optimised code. The last one says how many passes make up a sample.
 * @param {Ready} one @param {number} warmup_ms @param {number} sample_ms */
async function warmUp(one, warmup_ms, sample_ms) {
  let [spent, best_ms, unchanged] = [0, Infinity, 0];
  while (spent < warmup_ms || (unchanged < warmup_ms / 2 && spent < PATIENCE * warmup_ms)) {
    const took = fromRecorded(one, one.passes);
    spent += Math.max(took, 1e-3);
    unchanged = took / one.passes < FASTER * best_ms ? 0 : unchanged + took;
    best_ms = Math.min(best_ms, took / one.passes);
    if (took < sample_ms) one.passes = Math.ceil(one.passes * Math.min(10, (1.1 * sample_ms) / Math.max(took, 1e-3)));
    await nextTurn();
  }
  one.passes = Math.ceil((one.passes * sample_ms) / Math.max(fromRecorded(one, one.passes), 1e-3));
}

/** One sample of each case a round, in an order of its own.
 * @param {Ready[]} ready @param {number} samples @param {() => number} random @returns {Promise<number[][]>} */
async function inRounds(ready, samples, random) {
  /** @type {number[][]} */
  const samples_us = ready.map(() => []);
  for (let round = 0; round < samples; round += 1) {
    for (const at of shuffled(ready.length, random)) {
      const one = ready[at];
      if (one === undefined) continue;
      await nextTurn(); // each turn from another depth of the stack: see turns.mjs
      samples_us[at]?.push((fromRecorded(one, one.passes) * 1000) / (one.passes * one.rows));
    }
  }
  return samples_us;
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function digest(bytes) {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
