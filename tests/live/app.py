"""A page that runs the model by itself, as an app does: what `explain` without a MODEL finds out."""

import shutil
from pathlib import Path

from gapprof.assets import web_dist

LIBRARY = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
THREADS = 2
"""That the page asks for."""
PAGE = """<!doctype html><meta charset=utf-8><title>An app</title>
<script type=module>
import * as ort from "./ort.wasm.bundle.min.mjs";
ort.env.wasm.numThreads = %(threads)d;
ort.env.wasm.wasmPaths = new URL("./", location.href).href;
const session = await ort.InferenceSession.create("./%(model)s");
const shape = %(shape)s;
const values = new Float32Array(shape.reduce((all, one) => all * one)).fill(0.25);
for (;;) {
  await session.run({ x: new ort.Tensor("float32", values, shape) });
  await new Promise((done) => setTimeout(done, 5));
}
</script>"""


def put(folder: Path, model: Path, shape: list[int]) -> Path:
    """The library, the model and the page into that folder; `shape` is of the model's one input, `x`."""
    for name in LIBRARY:
        shutil.copy(web_dist() / name, folder)
    shutil.copy(model, folder)
    (folder / "index.html").write_text(PAGE % {"threads": THREADS, "model": model.name, "shape": shape})
    return folder
