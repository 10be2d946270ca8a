"""A page that spoils the trial it is deployed in: its scripts, and the document that has one of them."""

from pathlib import Path

NAME = "faulty.html"
QUIET = ""
HANGS = """
const { fetch: ask } = globalThis;
globalThis.fetch = (what, ...more) => {
  if (String(what).includes('.onnx')) setTimeout(() => { for (;;); });
  return ask(what, ...more);
};
"""
"""Its main thread is lost in the midst of a task."""
ABORTS = r"""
let opened = false;
const { fetch: ask } = globalThis, { instantiateStreaming: make } = WebAssembly;
globalThis.fetch = (what, ...more) => {
  opened ||= String(what).includes('inputs.bin');
  return ask(what, ...more);
};
WebAssembly.instantiateStreaming = (source, { a: imports }) => {
  const abort = Object.values(imports).find((one) => /^\(\) *=> *\w+\(""\)$/.test(String(one)));
  const planted = ([name, one]) =>
    [name, typeof one === 'function' ? (...given) => (opened ? abort() : one(...given)) : one];
  return make(source, { a: Object.fromEntries(Object.entries(imports).map(planted)) });
};
"""
"""In it onnxruntime's wasm calls its own abort(), as C++ does where it gives up, in the place of the first
function that the first run needs of JavaScript."""


def deploy(folder: Path, script: str) -> None:
    """With that script from now on; whole at any moment."""
    fresh = folder / f"{NAME}.fresh"
    fresh.write_text(f"<!doctype html><meta charset=utf-8><title>page</title><script>{script}</script>")
    fresh.replace(folder / NAME)
