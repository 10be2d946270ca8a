// @ts-check
/** The transport under Node: `node engine.mjs MARK`. One task per line on stdin, one answer per line on stdout, each
 * behind MARK, because onnxruntime-web prints to stdout as well. Ends when stdin does: nobody is left to answer. */

import { writeSync } from "node:fs";
import { argv, exit, stdin, version, versions } from "node:process";
import { createInterface } from "node:readline";

import { carryOut } from "./carry_out.mjs";

const STDOUT = 1;
const mark = argv[2] ?? "";

/** Begins a line of its own, whatever was printed before it without an end. @param {unknown} value */
function say(value) {
  const bytes = Buffer.from(`\n${mark}${JSON.stringify(value)}\n`);
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(STDOUT, bytes, written);
  }
}

const lines = createInterface({ input: stdin });
lines.on("line", async (line) => say(await carryOut(JSON.parse(line))));
lines.on("close", () => exit(0));
say({ node: version, v8: versions.v8 });
