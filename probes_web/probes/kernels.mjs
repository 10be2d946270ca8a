// @ts-check
/** Twin kernels: wasm functions of ours, timed on one memory in rounds, so that each is seen at every moment. */

import { base64Of, bytesOf } from "../base64.mjs";
import { read } from "../bytes.mjs";
import { now } from "../clock.mjs";
import { during } from "../phases.mjs";
import { mulberry32 } from "../seeded.mjs";
import { nextTurn } from "../turns.mjs";

/** @typedef {import("../wire.js").KernelsTask} KernelsTask */
/** @typedef {import("../wire.js").KernelCase} KernelCase */
/** Calls the kernel so often, with arguments from the table at that address, which has so many rows.
 * @typedef {(times: number, table: number, rows: number) => void} Repeater */

/** A case whose kernel can be called, where its arguments stand, and how many calls make up a sample.
 * @typedef {{ repeat: Repeater, table: number, rows: number, row_bytes: number, samples: number, batch: number,
 *   next: number }} Ready */

const PAGE_BYTES = 65536;

/** @type {import("../probe.js").Probe<KernelsTask>} */
export const probe = {
  where: () => "main",

  run: (task) => during("timed", () => timed(task)),
};

/** @param {KernelsTask} task @returns {Promise<import("../wire.js").KernelsTimed>} */
async function timed({ memory_bytes, image_url, seed, data, cases, warmup_ms, sample_ms, shown }) {
  const tables = placed(cases, memory_bytes);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(tables.end / PAGE_BYTES) });
  if (image_url === null) fill(new Float32Array(memory.buffer), seed);
  else new Uint8Array(memory.buffer).set(new Uint8Array(await read(image_url)));
  for (const { offset, base64 } of data) new Uint8Array(memory.buffer).set(bytesOf(base64), offset);
  /** @type {number[]} */
  const compile_ms = [];
  /** @type {Ready[]} */
  const ready = [];
  for (const one of cases) {
    const began = now();
    ready.push(await instantiated(one, memory, /** @type {number} */ (tables.at[ready.length])));
    compile_ms.push(now() - began);
  }
  for (const one of ready) await warmUp(one, warmup_ms, sample_ms);
  const samples_us = await inRounds(ready, mulberry32(seed));
  return {
    kind: "kernels-timed",
    samples_us,
    compile_ms,
    shown: shown.map(([offset, size]) => ({ offset, base64: base64Of(new Uint8Array(memory.buffer, offset, size)) })),
  };
}

/** Where the tables of arguments stand: behind all that kernels know of.
 * @param {readonly KernelCase[]} cases @param {number} from @returns {{ at: number[], end: number }} */
function placed(cases, from) {
  let end = Math.ceil(from / 8) * 8;
  const at = cases.map(({ calls }) => {
    const here = end;
    end += 4 * calls.flat().length;
    return here;
  });
  return { at, end };
}

/** @param {KernelCase} one @param {WebAssembly.Memory} memory @param {number} table @returns {Promise<Ready>} */
async function instantiated({ module, export: name, calls, samples }, memory, table) {
  const { instance } = await WebAssembly.instantiate(bytesOf(module), { env: { memory } });
  const repeat = /** @type {Repeater} */ (instance.exports[name]);
  const args = calls.flat();
  new Int32Array(memory.buffer, table, args.length).set(args);
  const row_bytes = (4 * args.length) / calls.length;
  return { repeat, table, rows: calls.length, row_bytes, samples, batch: 1, next: 0 };
}

/** Until the time is over, in stretches as long as a sample; the last ones say how many calls make up a sample.
 * @param {Ready} one @param {number} warmup_ms @param {number} sample_ms */
async function warmUp(one, warmup_ms, sample_ms) {
  if (one.samples === 0) {
    call(one, 1);
    return;
  }
  const until = now() + warmup_ms;
  while (now() < until) {
    const began = now();
    call(one, one.batch);
    const took = now() - began;
    if (took < sample_ms) one.batch = Math.ceil(one.batch * Math.min(10, (1.1 * sample_ms) / Math.max(took, 1e-3)));
    await nextTurn();
  }
  const began = now();
  call(one, one.batch);
  one.batch = Math.ceil((one.batch * sample_ms) / Math.max(now() - began, 1e-3));
}

/** One sample of each case a round, in an order of its own.
 * @param {Ready[]} ready @param {() => number} random @returns {Promise<number[][]>} */
async function inRounds(ready, random) {
  /** @type {number[][]} */
  const samples_us = ready.map(() => []);
  const rounds = Math.max(0, ...ready.map((one) => one.samples));
  for (let round = 0; round < rounds; round += 1) {
    for (const at of shuffled(ready.length, random)) {
      const one = ready[at];
      if (one === undefined || round >= one.samples) continue;
      await nextTurn(); // each turn from another depth of the stack: see turns.mjs
      call(one, 1); // what ran before has the caches
      const began = now();
      call(one, one.batch);
      samples_us[at]?.push(((now() - began) * 1000) / one.batch);
    }
  }
  return samples_us;
}

/** Each batch begins where the last one ended, as natively; one that would wrap around begins at the first row.
 * @param {Ready} one @param {number} times */
function call(one, times) {
  if (one.next + times > one.rows) one.next = 0;
  one.repeat(times, one.table + one.next * one.row_bytes, one.rows - one.next);
  one.next = (one.next + times) % one.rows;
}

/** @param {number} count @param {() => number} random @returns {number[]} */
function shuffled(count, random) {
  const order = Array.from({ length: count }, (_, at) => at);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [/** @type {number} */ (order[other]), /** @type {number} */ (order[last])];
  }
  return order;
}

/** @param {Float32Array} values @param {number} seed */
function fill(values, seed) {
  const random = mulberry32(seed);
  // Ordinary numbers, no two neighbours alike; a period that is no power of two keeps columns apart.
  const period = Math.min(values.length, 4099);
  for (let at = 0; at < period; at += 1) values[at] = 2 * random() - 1;
  for (let at = period; at < values.length; at += period) {
    values.copyWithin(at, 0, Math.min(period, values.length - at));
  }
}
