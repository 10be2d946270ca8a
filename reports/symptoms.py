"""What scenarios.py plants: models, builds, apps and pages, each in an empty folder."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from string import Template

import numpy as np
import onnx
from faulty_page import QUIET, deploy
from onnx import TensorProto, helper, numpy_helper

from gapprof.assets import web_dist, web_dist_118
from gapprof.selftest import model as unfused
from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import build

WORKING = """
setInterval(() => { const begun = performance.now(); while (performance.now() - begun < 3); }, 100);
"""
BURNING = """
setInterval(function planted() {
  const end = performance.now() + 20;
  while (performance.now() < end);
}, 40);
"""
BESIDE = """import time

while True:
    end = time.monotonic() + 0.02
    while time.monotonic() < end:
        pass
    time.sleep(0.02)
"""
SERVER = """import functools
import http.server

handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=".")
http.server.ThreadingHTTPServer(("127.0.0.1", {port}), handler).serve_forever()
"""
PORT = 8791
"""Of the page that somebody else serves: its address stands in the command."""
READING_BACK = """
const SIDE = 256;
const canvas = document.createElement("canvas");
canvas.width = canvas.height = SIDE;
const gl = canvas.getContext("webgl");
const program = gl.createProgram();
for (const [kind, text] of [
  [gl.VERTEX_SHADER, "attribute vec2 corner; void main() { gl_Position = vec4(corner, 0.0, 1.0); }"],
  [gl.FRAGMENT_SHADER, `precision mediump float;
    void main() {
      float value = gl_FragCoord.x;
      for (int turn = 0; turn < 140; turn++) value = sin(value + gl_FragCoord.y);
      gl_FragColor = vec4(value);
    }`],
]) {
  const shader = gl.createShader(kind);
  gl.shaderSource(shader, text);
  gl.compileShader(shader);
  gl.attachShader(program, shader);
}
gl.linkProgram(program);
gl.useProgram(program);
gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW);
gl.enableVertexAttribArray(0);
gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
const pixels = new Uint8Array(4 * SIDE * SIDE);
setInterval(function drawMask() {
  gl.drawArrays(gl.TRIANGLES, 0, 3);
  gl.readPixels(0, 0, SIDE, SIDE, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
}, 50);
"""
LITTERING = """
const live = Array.from({ length: 300000 }, (_, made) => ({ made, more: [made] }));
setInterval(function littering() {
  for (let place = 0; place < 8; place++) live[place] = new ArrayBuffer(32 << 20);
}, 40);
"""
BUSY = """
const forever = "for (;;) { const end = performance.now() + 1000; while (performance.now() < end); }";
new Worker(URL.createObjectURL(new Blob([forever])));
const channel = new MessageChannel();
channel.port1.onmessage = function spin() {
  const end = performance.now() + 50;
  while (performance.now() < end);
  channel.port2.postMessage(null);
};
channel.port2.postMessage(null);
"""
TURNS, OPERATORS = 5000, 20
BATCH = 8
DENSE_LAYERS, DENSE_WIDTH = 8, 2048
ENTRY = "ort.wasm.bundle.min.mjs"
IMAGE = (1, 3, 32, 32)
APP = Template("""import * as ort from "./ort.wasm.bundle.min.mjs";
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = new URL("./", location.href).href;
const session = await ort.InferenceSession.create("./$model", $options);
const shape = $shape;
const length = shape.reduce((product, extent) => product * extent);
const values = Float32Array.from({ length }, (_, at) => (at % 17) / 17);
for (;;) {
  await session.run({ [session.inputNames[0]]: new ort.Tensor("float32", values, shape) });
  await new Promise((done) => setTimeout(done, 10));
}
""")


def without_simd(folder: Path) -> None:
    """onnxruntime-web 1.18 from a build that has lost SIMD: every file holds the scalar code."""
    dist = folder / "dist"
    shutil.copytree(web_dist_118(), dist, ignore=shutil.ignore_patterns("cjs", "*jsep*", "*training*"))
    for scalar in ("ort-wasm", "ort-wasm-threaded"):
        shutil.copy(dist / f"{scalar}.wasm", dist / f"{scalar.replace('wasm', 'wasm-simd')}.wasm")


def one_row_through_dense_layers(folder: Path) -> None:
    """One row through eight dense layers of 16 MiB each, which any kernel waits for memory to bring."""
    sketch = Sketch("dense", seed=4)
    x = sketch.input("x", [1, DENSE_WIDTH])
    for layer in range(DENSE_LAYERS):
        x = sketch.linear(f"layer.{layer}", x, DENSE_WIDTH, DENSE_WIDTH)
    sketch.output(x, "y", [1, DENSE_WIDTH])
    sketch.save(folder / "dense.onnx")


def in_half_precision(folder: Path) -> None:
    """The same network in float16, for which neither runtime has kernels on this kind of processor."""
    build("resnet20", folder)
    model = onnx.load(folder / "resnet20.onnx")
    for weight in model.graph.initializer:
        if weight.data_type == TensorProto.FLOAT:
            half = numpy_helper.from_array(numpy_helper.to_array(weight).astype("float16"), weight.name)
            weight.CopyFrom(half)
    for port in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        if port.type.tensor_type.elem_type == TensorProto.FLOAT:
            port.type.tensor_type.elem_type = TensorProto.FLOAT16
    onnx.save(model, folder / "half.onnx")


def with_real_inputs(folder: Path) -> None:
    """Eight images as the inputs, where a free dimension would be taken as one."""
    images = np.random.default_rng(8).random((BATCH, *IMAGE[1:]), np.float32)
    np.savez(folder / "inputs.npz", input=images)


def with_pinned_threads(folder: Path) -> None:
    """An app whose code sets one thread for everybody, wherever it runs."""
    build("resnet20", app_of(folder, todays(), model="resnet20.onnx", shape=IMAGE))


def with_the_optimiser_off(folder: Path) -> None:
    """An app that switches the library's optimiser off, for a file with everything in single steps."""
    app = app_of(
        folder,
        todays(),
        model=unfused.NAME,
        shape=(1, unfused.ROWS, unfused.WIDTH),
        options='{ graphOptimizationLevel: "disabled" }',
    )
    unfused.save_model(app / unfused.NAME)


def with_a_lost_link(folder: Path) -> None:
    """An app whose wasm was linked without SIMD and threads, and whose session asks for sixteen of them."""
    plain = {ENTRY: "esm/ort.wasm.min.js", "ort-wasm-simd.wasm": "ort-wasm.wasm"}
    library = {name: web_dist_118() / file for name, file in plain.items()}
    options = "{ intraOpNumThreads: 16 }"
    build("resnet20", app_of(folder, library, model="resnet20.onnx", shape=IMAGE, options=options))


def app_of(
    folder: Path, library: Mapping[str, Path], *, model: str, shape: tuple[int, ...], options: str = "{}"
) -> Path:
    """An app's folder without its model: a page that runs it for ever, with the files of a library beside it.

    `options`: of its session, as JavaScript.
    """
    app = folder / "app"
    app.mkdir()
    for name, file in library.items():
        shutil.copy(file, app / name)
    (app / "index.html").write_text('<!doctype html><script type=module src="app.mjs"></script>')
    (app / "app.mjs").write_text(APP.substitute(model=model, shape=list(shape), options=options))
    return app


def todays() -> dict[str, Path]:
    """Name in an app → file of onnxruntime-web as it is pinned here."""
    names = (ENTRY, "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
    return {name: web_dist() / name for name in names}


def with_a_long_loop(folder: Path) -> None:
    """A loop that runs a hundred thousand operators, of which onnxruntime's profiler keeps a million."""
    sketch = Sketch("loop", seed=1)
    x = sketch.input("x", [1])
    turns = sketch.weight("turns", np.array(TURNS, np.int64))
    y = sketch.node("loop", "Loop", [turns, "", x], body=up_and_down(OPERATORS))
    sketch.output(y, "y", [1])
    sketch.save(folder / "loop.onnx")


def up_and_down(operators: int) -> onnx.GraphProto:
    """The body of a loop: so many operators, in turn a half added and taken away, without end."""
    values = ["before", *(f"v{number}" for number in range(operators - 1)), "after"]
    steps = [
        helper.make_node("Sub" if number % 2 else "Add", [values[number], "half"], [values[number + 1]])
        for number in range(operators)
    ]
    number, more, again, before, after = (
        helper.make_tensor_value_info(name, element, shape)
        for name, element, shape in (
            ("number", TensorProto.INT64, []),
            ("more", TensorProto.BOOL, []),
            ("again", TensorProto.BOOL, []),
            ("before", TensorProto.FLOAT, [1]),
            ("after", TensorProto.FLOAT, [1]),
        )
    )
    return helper.make_graph(
        [helper.make_node("Identity", ["more"], ["again"]), *steps],
        "body",
        [number, more, before],
        [again, after],
        [helper.make_tensor("half", TensorProto.FLOAT, [1], [0.5])],
    )


def with_burning_page(folder: Path) -> None:
    """A page whose timer burns for 20 ms in every 40."""
    write_page(folder, "burning", BURNING)


def with_a_served_page(folder: Path) -> None:
    """The page of the timer on somebody else's server, which sends neither COOP nor COEP."""
    with_burning_page(folder)
    (folder / "server.py").write_text(SERVER.format(port=PORT))


def with_working_page(folder: Path) -> None:
    """A page that works for 3 ms in every 100, as one with something to show does."""
    write_page(folder, "working", WORKING)


def with_a_burner(folder: Path) -> None:
    """A page that works for 3 ms in every 100; a program beside gapprof that burns 20 ms in every 40."""
    with_working_page(folder)
    (folder / "burner.py").write_text(BESIDE)


def with_a_page_to_spoil(folder: Path) -> None:
    """By faults.py: a worker without memory, an abort in wasm, a renderer that dies, a page that hangs.

    Here the page alone, as it is before and after.
    """
    deploy(folder, QUIET)


def with_page_that_reads_back(folder: Path) -> None:
    """A page whose timer draws with WebGL every 50 ms, for some 20 ms, and reads the pixels back."""
    write_page(folder, "readback", READING_BACK)


def with_littering_page(folder: Path) -> None:
    """A page that makes and forgets eight buffers of 32 MiB every 40 ms, beside 300,000 objects that stay."""
    write_page(folder, "littering", LITTERING)


def with_busy_tab(folder: Path) -> None:
    """A page that does nothing, and one for the tab, whose main thread and worker never rest."""
    write_page(folder, "calm", "")
    write_page(folder, "busy", BUSY)


def write_page(folder: Path, name: str, script: str) -> None:
    """A page with nothing but that script."""
    (folder / f"{name}.html").write_text(f"<!doctype html><meta charset=utf-8><script>{script}</script>")
