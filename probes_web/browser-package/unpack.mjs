// @ts-check
/** `node unpack.mjs PACKAGE TARGET`: the browser and its libraries out of the package, as files in TARGET. */

import { createReadStream, createWriteStream } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { argv } from "node:process";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const [source, target] = /** @type {[string, string]} */ (argv.slice(2));

/** Packed name → name here; the archives are left to who can take them apart. */
const FILES = Object.entries({
  "chromium.br": "chromium",
  "al2023.tar.br": "libraries.tar",
  "fonts.tar.br": "fonts.tar",
  "swiftshader.tar.br": "swiftshader.tar",
});

for (const [packed, name] of FILES) {
  const from = createReadStream(join(source, "bin", packed));
  await pipeline(from, createBrotliDecompress(), createWriteStream(join(target, name)));
}
await chmod(join(target, "chromium"), 0o755);
