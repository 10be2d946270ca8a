// @ts-check
/** What a recorder heard, as one file.
 *
 *     bytes 0 to 11    "gapprof-gpu\n"
 *     bytes 12 to 15   version, little-endian
 *     bytes 16 to 19   bytes of the header, little-endian
 *     bytes 20 to 23   zero
 *     bytes 24 on      the header as JSON (`TraceHeader` in wire.d.ts), and spaces up to a multiple of 8
 *     then             blobs, each filled up with zeros to a multiple of 8; the header says where, from here on
 *
 * The header is small and for people as well; weights are the rest. */

import { identityOf } from "./adapter.mjs";

/** @typedef {import("../wire.js").GpuCall} GpuCall */
/** @typedef {import("../wire.js").TraceHeader} TraceHeader */

/** @typedef {object} Told
 * @property {readonly (GpuCall | { op: "requestAdapter", out: number, power: string })[]} calls
 * @property {readonly Uint8Array<ArrayBuffer>[]} blobs
 * @property {ReadonlyMap<number, GPUAdapter>} adapters
 * @property {readonly string[]} unsupported
 * @property {readonly string[]} errors
 * @property {string} ended
 * @property {string} lost */

/** @typedef {object} Recorder
 * @property {(run: number, edge: "begin" | "end") => void} mark
 * @property {() => void} stop
 * @property {() => Told} told */

export const MAGIC = "gapprof-gpu\n";
export const VERSION = 1;
export const PREAMBLE_BYTES = 24;
export const ALIGNMENT = 8;
/** What a library may append to an input to fill up its buffer. */
const MOST_FILL = 16;

/** This realm's recorder; undefined: none was put in front of its scripts, or it has no WebGPU.
 * @returns {Recorder | undefined} */
export function recorder() {
  return Reflect.get(globalThis, Symbol.for("gapprof.gpu"));
}

/** @param {Told} told @param {Readonly<Record<string, string>>} about
 * @param {readonly Uint8Array[]} inputs The model's, to know them by among what was written.
 * @returns {Promise<Uint8Array<ArrayBuffer>[]>} The file in parts. */
export async function packed(told, about, inputs) {
  const { calls, blobs, adapters, unsupported, errors, ended, lost } = told;
  const places = [];
  const parts = [];
  let offset = 0;
  for (const bytes of blobs) {
    const fill = -bytes.length & (ALIGNMENT - 1);
    places.push({ offset, size_bytes: bytes.length, sha256: await digest(bytes) });
    parts.push(bytes, new Uint8Array(fill));
    offset += bytes.length + fill;
  }
  /** @type {TraceHeader} */
  const header = {
    format: "gapprof/gpu-trace",
    about,
    calls: calls.map((call) => identified(call, adapters)),
    blobs: places,
    inputs: blobs.flatMap((bytes, number) => (inputs.some((input) => holds(bytes, input)) ? [number] : [])),
    unsupported,
    ended,
    errors,
    lost,
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const begin = new Uint8Array(PREAMBLE_BYTES + text.length + (-text.length & (ALIGNMENT - 1))).fill(0x20);
  begin.set(new TextEncoder().encode(MAGIC));
  const numbers = new DataView(begin.buffer);
  [VERSION, begin.length - PREAMBLE_BYTES, 0].forEach((value, at) =>
    numbers.setUint32(MAGIC.length + 4 * at, value, true),
  );
  begin.set(text, PREAMBLE_BYTES);
  return [begin, ...parts];
}

/** @param {Told["calls"][number]} call @param {Told["adapters"]} adapters @returns {GpuCall} */
function identified(call, adapters) {
  if (call.op !== "requestAdapter" || "identity" in call) return call;
  return { ...call, identity: identityOf(/** @type {GPUAdapter} */ (adapters.get(call.out))) };
}

/** Whether a blob is an input, perhaps filled up.
 * @param {Uint8Array} bytes @param {Uint8Array} input */
function holds(bytes, input) {
  const fill = bytes.length - input.length;
  return input.length > 0 && fill >= 0 && fill < MOST_FILL && input.every((byte, at) => bytes[at] === byte);
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function digest(bytes) {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
