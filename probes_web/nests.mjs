// @ts-check
/** Loop nests as wasm on one memory, each with a table of arguments behind all that kernels know of. */

import { mulberry32 } from "./seeded.mjs";

/** @typedef {import("./wire.js").KernelCase} KernelCase */
/** Calls the kernel so often, with arguments from the table at that address, which has so many rows.
 * @typedef {(times: number, table: number, rows: number) => void} Repeater */

/** A case whose kernel can be called, where its arguments stand, and how many calls make up a sample.
 * @typedef {{ repeat: Repeater, table: number, rows: number, row_bytes: number, samples: number, batch: number,
 *   next: number }} Ready */

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
export async function instantiated(module, { export: name, calls, samples }, memory, table) {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const args = calls.flat();
  new Int32Array(memory.buffer, table, args.length).set(args);
  const row_bytes = (4 * args.length) / calls.length;
  const repeat = /** @type {Repeater} */ (exports[name]);
  return { repeat, table, rows: calls.length, row_bytes, samples, batch: 1, next: 0 };
}

/** Each batch begins where the last one ended, as natively; one that would wrap around begins at the first row.
 * @param {Ready} one @param {number} times */
export function call(one, times) {
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
