// Calls of a module's functions in batches, each on memory of its own: node calls.mjs FOLDER PAGES
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, pages] = process.argv.slice(2);
const at = (name) => join(folder, name);
const module = new WebAssembly.Module(readFileSync(at("module.wasm")));
const image = readFileSync(at("image.bin"));
const memory = new WebAssembly.Memory({ initial: image.length / 65536, maximum: Number(pages), shared: true });
const trapped = [];
const memories = [];
for (const batch of JSON.parse(readFileSync(at("calls.json"), "utf8"))) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  new Uint8Array(memory.buffer).set(image);
  const numbers = [];
  batch.forEach(([name, values], number) => {
    try {
      exports[name](...values);
    } catch (thrown) {
      if (!(thrown instanceof WebAssembly.RuntimeError)) throw thrown;
      numbers.push(number);
    }
  });
  trapped.push(numbers);
  memories.push(Buffer.from(new Uint8Array(memory.buffer).slice()));
}
writeFileSync(at("trapped.json"), JSON.stringify(trapped));
writeFileSync(at("memory.bin"), Buffer.concat(memories));
