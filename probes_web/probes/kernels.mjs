// @ts-check
/** Twin kernels: wasm functions of ours, timed on one memory in rounds, so that each is seen at every moment. */

import { base64Of, bytesOf } from "../base64.mjs";
import { read } from "../bytes.mjs";
import { now } from "../clock.mjs";
import { accompanied } from "../companions.mjs";
import { call, copies, fill, instantiated, memoryFor } from "../nests.mjs";
import { during } from "../phases.mjs";
import { mulberry32, shuffled } from "../seeded.mjs";
import { nextTurn } from "../turns.mjs";

/** @typedef {import("../wire.js").KernelsTask} KernelsTask */
/** @typedef {import("../nests.mjs").Ready} Ready */
/** @typedef {import("../wire.js").KernelCase} KernelCase */

/** @type {import("../probe.js").Probe<KernelsTask>} */
export const probe = {
  where: () => "main",

  refuse({ threads }) {
    const shares = threads === 1 || globalThis.crossOriginIsolated;
    return shares ? undefined : "more than one thread needs memory that is shared: a cross-origin isolated page";
  },

  run: (task) => during("timed", () => timed(task)),
};

/** @param {KernelsTask} task @returns {Promise<import("../wire.js").KernelsTimed>} */
async function timed(task) {
  const { memory_bytes, image_url, seed, data, cases, threads, warmup_ms, sample_ms, given_up, shown } = task;
  const { memory, tables } = memoryFor(cases, memory_bytes);
  if (image_url === null) fill(memory, seed);
  else new Uint8Array(memory.buffer).set(new Uint8Array(await read(image_url)));
  for (const { offset, base64 } of data) new Uint8Array(memory.buffer).set(bytesOf(base64), offset);
  /** @type {number[]} */
  const compile_ms = [];
  /** @type {WebAssembly.Module[]} */
  const modules = [];
  /** @type {Ready[]} */
  const ready = [];
  for (const one of cases) {
    const began = now();
    const module = await WebAssembly.compile(bytesOf(one.module));
    ready.push(await instantiated(module, one, memory, /** @type {number} */ (tables[ready.length])));
    modules.push(module);
    compile_ms.push(now() - began);
  }
  const companions = await accompanied(threads - 1, { modules, cases, memory_bytes }, seed);
  /** @type {number[][]} */
  let samples_us;
  /** @type {number[][]} */
  const copies_us = [];
  try {
    await warmUp(ready, warmup_ms, sample_ms);
    const settled_us = ready.map((one) => settle(one, sample_ms));
    for (const one of ready) copies_us.push(await copiesOf(one, sample_ms)); // first: what is shown comes of a call
    const enough = given_up > 0 ? settledBy(settled_us, cases, given_up, sample_ms) : new Set();
    const timed = ready.map((one, at) => (enough.has(at) ? { ...one, samples: 0 } : one));
    const rounds_us = await inRounds(timed, companions, mulberry32(seed));
    samples_us = rounds_us.map((found, at) => (enough.has(at) ? [settled_us[at] ?? 0] : found));
  } finally {
    companions.end();
  }
  return {
    kind: "kernels-timed",
    samples_us,
    copies_us,
    compile_ms,
    shown: shown.map(([offset, size]) => ({ offset, base64: base64Of(new Uint8Array(memory.buffer, offset, size)) })),
  };
}

/** In turns, in stretches as long as a sample, until each has had its time: while others run, the engine compiles.
 * @param {Ready[]} ready @param {number} warmup_ms @param {number} sample_ms */
async function warmUp(ready, warmup_ms, sample_ms) {
  for (const one of ready) if (one.samples === 0) call(one, 1);
  let cold = ready.filter((one) => one.samples > 0).map((one) => ({ one, left_ms: warmup_ms }));
  while (cold.length > 0) {
    for (const each of cold) {
      const began = now();
      stretch(each.one, sample_ms);
      await nextTurn();
      each.left_ms -= now() - began;
    }
    cold = cold.filter(({ left_ms }) => left_ms > 0);
  }
}

/** Longer the next time, where it was shorter than a sample.
 * @param {Ready} one @param {number} sample_ms */
function stretch(one, sample_ms) {
  const began = now();
  call(one, one.batch);
  const took = now() - began;
  if (took < sample_ms) one.batch = Math.ceil(one.batch * Math.min(10, (1.1 * sample_ms) / Math.max(took, 1e-3)));
}

/** How many calls make up a sample; gives what a call takes, in µs.
 * @param {Ready} one @param {number} sample_ms */
function settle(one, sample_ms) {
  if (one.samples === 0) return 0;
  const began = now();
  call(one, one.batch);
  const took = Math.max(now() - began, 1e-3);
  const call_us = (took * 1000) / one.batch;
  one.batch = Math.ceil((one.batch * sample_ms) / took);
  return call_us;
}

/** Places of the cases that one call is enough for: of those that compete, what cannot win any more, and what takes
 * longer than a sample, as more calls of it would tell little more and take most of the time there is.
 * @param {readonly number[]} settled_us @param {readonly KernelCase[]} cases @param {number} given_up
 * @param {number} sample_ms @returns {Set<number>} */
function settledBy(settled_us, cases, given_up, sample_ms) {
  /** @type {Map<number, number>} */
  const fastest = new Map();
  cases.forEach(({ rivals }, at) => {
    const us = settled_us[at] ?? Infinity;
    if (rivals > 0) fastest.set(rivals, Math.min(us, fastest.get(rivals) ?? Infinity));
  });
  const settled = cases.keys().filter((at) => {
    const best = fastest.get(cases[at]?.rivals ?? 0);
    const us = settled_us[at] ?? 0;
    return best !== undefined && (us > given_up * best || us > sample_ms * 1000);
  });
  return new Set(settled);
}

/** What a call's copies take without the call: they are a part of its samples. As many as it has samples.
 * @param {Ready} one @param {number} sample_ms @returns {Promise<number[]>} */
async function copiesOf({ crossing, samples }, sample_ms) {
  /** @type {number[]} */
  const found = [];
  if (crossing === null) return found;
  for (let times = 1; found.length < samples; ) {
    await nextTurn();
    const began = now();
    copies(crossing, times);
    const took_ms = now() - began;
    if (took_ms < sample_ms / 2) times *= 4;
    else found.push((took_ms * 1000) / times);
  }
  return found;
}

/** One sample of each case a round, in an order of its own, while the companions run the same.
 * @param {Ready[]} ready @param {import("../companions.mjs").Companions} companions @param {() => number} random
 * @returns {Promise<number[][]>} */
async function inRounds(ready, companions, random) {
  /** @type {number[][]} */
  const samples_us = ready.map(() => []);
  const rounds = Math.max(0, ...ready.map((one) => one.samples));
  for (let round = 0; round < rounds; round += 1) {
    for (const at of shuffled(ready.length, random)) {
      const one = ready[at];
      if (one === undefined || round >= one.samples) continue;
      await nextTurn(); // each turn from another depth of the stack: see turns.mjs
      call(one, 1); // what ran before has the caches
      const took_ms = companions.while(at, one.batch, () => {
        const began = now();
        call(one, one.batch);
        return now() - began;
      });
      samples_us[at]?.push((took_ms * 1000) / one.batch);
    }
  }
  return samples_us;
}
