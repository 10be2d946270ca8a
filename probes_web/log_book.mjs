// @ts-check
/** The log of a rewritten wasm, as gapprof/wasm/hooks.py lays it out: set up and read from outside. */

import { now } from "./clock.mjs";

/** @typedef {import("./wire.js").HookLayout} HookLayout */

/** `() -> f64` as wasm, which alone fits into a table: it imports the function and gives it away.
 * (module (import "" "now" (func (result f64))) (export "now" (func 0))) */
const CLOCK = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 124],
  ...[2, 8, 1, 0, 3, 110, 111, 119, 0, 0, 7, 7, 1, 3, 110, 111, 119, 0, 0],
);

/** @typedef {object} LogBook
 * @property {(periods: readonly number[]) => void} start  count from 0, time every so many calls of each slot; 0: none
 * @property {() => void} turn  forget the lines, keep counting
 * @property {() => void} stop
 * @property {() => readonly number[]} calls  since it was started, by slot
 * @property {() => Uint8Array<ArrayBuffer>} lines  since the last turn
 * @property {() => number} lost
 * @property {(times: number) => void} repeat */

/** The log among instances; throws where none has one.
 * @param {readonly WebAssembly.Instance[]} instances @param {HookLayout} layout @returns {LogBook} */
export function logBook(instances, layout) {
  const found = instances.find(({ exports }) => layout.log in exports);
  if (found === undefined) {
    throw new Error(`none of ${instances.length} wasm instances is the rewritten one: it was loaded in another way`);
  }
  const { exports } = found;
  const memory = /** @type {WebAssembly.Memory} */ (exports[layout.log]);
  const clock = new WebAssembly.Instance(new WebAssembly.Module(CLOCK), { "": { now } });
  /** @type {WebAssembly.Table} */ (exports[layout.clock]).set(0, clock.exports["now"]);
  const view = new DataView(memory.buffer);
  const slots = Array.from({ length: layout.count }, (_, slot) => layout.slots + slot * layout.slot_bytes);
  /** @param {number} at */
  const word = (at) => view.getUint32(at, true);
  /** @param {number} at @param {number} value */
  const set = (at, value) => view.setUint32(at, value, true);
  const turn = () => {
    set(layout.next, layout.log_begins);
    set(layout.current, layout.nobody);
  };
  return {
    start(periods) {
      slots.forEach((at, slot) => {
        const period = periods[slot] ?? 0;
        set(at + layout.calls, 0);
        set(at + layout.left, period);
        set(at + layout.period, period);
      });
      set(layout.end, layout.log_ends);
      set(layout.lost, 0);
      turn();
      set(layout.on, 1);
    },
    turn,
    stop: () => set(layout.on, 0),
    calls: () => slots.map((at) => word(at + layout.calls)),
    lines: () => new Uint8Array(memory.buffer).slice(layout.log_begins, word(layout.next)),
    lost: () => word(layout.lost),
    repeat: /** @type {(times: number) => void} */ (exports[layout.repeat]),
  };
}
