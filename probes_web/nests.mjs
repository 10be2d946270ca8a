// @ts-check
/** Loop nests as wasm on one memory, each with a table of arguments behind all that kernels know of. */

import { mulberry32 } from "./seeded.mjs";

/** @typedef {import("./wire.js").KernelCase} KernelCase */
/** Calls the kernel so often, with arguments from the table at that address, which has so many rows.
 * @typedef {(times: number, table: number, rows: number) => void} Repeater */

/** What is copied into memory before a call, and out of it after that: to arrays of their own, as a session's results.
 * @typedef {{ memory: WebAssembly.Memory, given: { offset: number, bytes: Uint8Array }[],
 *   taken: readonly (readonly [number, number])[], results: Uint8Array[] }} Crossing */

/** A case whose kernel can be called, where its arguments stand, and how many calls make up a sample.
 * @typedef {{ repeat: Repeater, table: number, rows: number, row_bytes: number, samples: number, batch: number,
 *   next: number, crossing: Crossing | null }} Ready */

const PAGE_BYTES = 65536;

/** All zero; and where the table of each case stands in it.
 * @param {readonly KernelCase[]} cases @param {number} memory_bytes
 * @returns {{ memory: WebAssembly.Memory, tables: number[] }} */
export function memoryFor(cases, memory_bytes) {
  let end = Math.ceil(memory_bytes / 8) * 8;
  const tables = cases.map(({ calls }) => {
    const here = end;
    end += 4 * calls.flat().length;
    return here;
  });
  return { memory: new WebAssembly.Memory({ initial: Math.ceil(end / PAGE_BYTES) }), tables };
}

/** @param {WebAssembly.Module} module @param {KernelCase} one @param {WebAssembly.Memory} memory
 * @param {number} table @returns {Promise<Ready>} */
export async function instantiated(module, { export: name, calls, samples, given, taken }, memory, table) {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const args = calls.flat();
  new Int32Array(memory.buffer, table, args.length).set(args);
  const row_bytes = (4 * args.length) / calls.length;
  const repeat = /** @type {Repeater} */ (exports[name]);
  const crossing = given.length + taken.length === 0 ? null : crossingOf(given, taken, memory);
  return { repeat, table, rows: calls.length, row_bytes, samples, batch: 1, next: 0, crossing };
}

/** @param {readonly (readonly [number, number])[]} given @param {Crossing["taken"]} taken
 * @param {WebAssembly.Memory} memory @returns {Crossing} */
function crossingOf(given, taken, memory) {
  const copied = given.map(([offset, size]) => ({ offset, bytes: new Uint8Array(memory.buffer, offset, size).slice() }));
  return { memory, given: copied, taken, results: [] };
}

/** So often, each time with what is copied in and out.
 * @param {Ready} one @param {number} times */
export function call(one, times) {
  const { crossing } = one;
  if (crossing === null) {
    repeated(one, times);
    return;
  }
  for (let left = times; left > 0; left -= 1) {
    copyIn(crossing);
    repeated(one, 1);
    copyOut(crossing);
  }
}

/** What is copied for so many calls, without these.
 * @param {Crossing} crossing @param {number} times */
export function copies(crossing, times) {
  for (let left = times; left > 0; left -= 1) {
    copyIn(crossing);
    copyOut(crossing);
  }
}

/** @param {Crossing} crossing */
function copyIn({ memory, given }) {
  const all = new Uint8Array(memory.buffer);
  for (const { offset, bytes } of given) all.set(bytes, offset);
}

/** @param {Crossing} crossing */
function copyOut(crossing) {
  const { memory, taken } = crossing;
  crossing.results = taken.map(([offset, size]) => new Uint8Array(memory.buffer, offset, size).slice());
}

/** Each batch begins where the last one ended, as natively; one that would wrap around begins at the first row.
 * @param {Ready} one @param {number} times */
function repeated(one, times) {
  if (one.next + times > one.rows) one.next = 0;
  one.repeat(times, one.table + one.next * one.row_bytes, one.rows - one.next);
  one.next = (one.next + times) % one.rows;
}

/** @param {WebAssembly.Memory} memory @param {number} seed */
export function fill({ buffer }, seed) {
  const values = new Float32Array(buffer);
  const random = mulberry32(seed);
  // Ordinary numbers, no two neighbours alike; a period that is no power of two keeps columns apart.
  const period = Math.min(values.length, 4099);
  for (let at = 0; at < period; at += 1) values[at] = 2 * random() - 1;
  for (let at = period; at < values.length; at += period) {
    values.copyWithin(at, 0, Math.min(period, values.length - at));
  }
}
