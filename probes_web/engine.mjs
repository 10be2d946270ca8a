// @ts-check
/** The transport under Node: `node engine.mjs MARK`. One task per line on stdin, one answer per line on stdout, each
 * behind MARK, because onnxruntime-web prints to stdout as well. Ends when stdin does: nobody is left to answer. */

import { writeSync } from "node:fs";
import { argv, exit, stdin, version, versions } from "node:process";
import { createInterface } from "node:readline";

import { carryOut } from "./carry_out.mjs";

const STDOUT = 1;
const mark = argv[2] ?? "";

const pause = new Int32Array(new SharedArrayBuffer(4));
const PAUSE_MS = 1;

/** Begins a line of its own, whatever was printed before it without an end. @param {unknown} value */
function say(value) {
  const bytes = Buffer.from(`\n${mark}${JSON.stringify(value)}\n`);
  for (let written = 0; written < bytes.length; ) written += writeWhatFits(bytes.subarray(written));
}

/** A pipe that does not block takes 64 KiB, and nothing at all until somebody has read them.
 * @param {Uint8Array} bytes */
function writeWhatFits(bytes) {
  try {
    return writeSync(STDOUT, bytes);
  } catch (thrown) {
    if (/** @type {NodeJS.ErrnoException} */ (thrown).code !== "EAGAIN") throw thrown;
    Atomics.wait(pause, 0, 0, PAUSE_MS);
    return 0;
  }
}

const lines = createInterface({ input: stdin });
lines.on("line", async (line) => say(await carryOut(JSON.parse(line))));
lines.on("close", () => exit(0));
say({ node: version, v8: versions.v8 });
