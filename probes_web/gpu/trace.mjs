// @ts-check
/** A recording's file, opened. Whoever sends it has checked it (gapprof/gpu/trace.py); here it is only taken apart. */

import { MAGIC, PREAMBLE_BYTES, VERSION } from "./packing.mjs";

/** @typedef {object} Trace
 * @property {import("../wire.js").TraceHeader} header
 * @property {(blob: number) => Uint8Array<ArrayBuffer>} bytes  a view, not a copy */

/** @param {ArrayBuffer} file @returns {Trace} */
export function opened(file) {
  const text = new TextDecoder();
  const numbers = new DataView(file);
  const magic = text.decode(new Uint8Array(file, 0, Math.min(MAGIC.length, file.byteLength)));
  if (magic !== MAGIC) throw new Error("this is no recording of WebGPU calls");
  const version = numbers.getUint32(MAGIC.length, true);
  if (version !== VERSION) throw new Error(`the recording has version ${version}; wanted ${VERSION}`);
  const size = numbers.getUint32(MAGIC.length + 4, true);
  const header = /** @type {import("../wire.js").TraceHeader} */ (
    JSON.parse(text.decode(new Uint8Array(file, PREAMBLE_BYTES, size)))
  );
  const [reason] = header.unsupported;
  if (reason !== undefined) throw new Error(`the recording holds calls that cannot be replayed: ${reason}`);
  return {
    header,
    bytes(blob) {
      const place = header.blobs[blob];
      if (place === undefined) throw new Error(`the recording has no blob ${blob}`);
      return new Uint8Array(file, PREAMBLE_BYTES + size + place.offset, place.size_bytes);
    },
  };
}
