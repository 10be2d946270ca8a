// Calls of a rewritten module's function 0, and what was recorded: node record.mjs FOLDER TARGET X...
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, target, ...arguments_] = process.argv.slice(2);
const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
const module = new WebAssembly.Module(readFileSync(join(folder, "module.wasm")));
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
exports["gapprof:target"].value = Number(target);
const given = arguments_.map((value) => exports["0"](Number(value), 0.5));
writeFileSync(join(folder, "kept.bin"), new Uint8Array(exports["gapprof:memory"].buffer));
writeFileSync(join(folder, "memory.bin"), new Uint8Array(memory.buffer).slice());
const [count, kept] = ["gapprof:count", "gapprof:kept:0"].map((name) => exports[name].value);
writeFileSync(join(folder, "told.json"), JSON.stringify({ given, count, kept }));
