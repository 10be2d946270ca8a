"""Calls inside onnxruntime-web, by hooks, where they are made, and where they begin: all three agree."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gapprof import assets
from gapprof.instrument.visits import layout
from gapprof.subject.sketch import Sketch
from gapprof.wasm.hooks import hooked
from gapprof.wasm.module import Module, parsed
from tests.unit.wasm.counters import at_callers, at_entry, in_tables

FILE = "ort-wasm-simd-threaded.wasm"
RUNS = 3
_SCRIPT = """
import { readFileSync } from "node:fs";
import { withInstances } from "%(probes)s/instances.mjs";
import { logBook } from "%(probes)s/log_book.mjs";
import ort from "%(ort)s/ort.node.min.mjs";
ort.env.wasm.wasmPaths = "%(dist)s/";
ort.env.wasm.numThreads = 1;
const layout = %(layout)s;
const { result: session, instances } = await withInstances(() =>
  ort.InferenceSession.create(readFileSync("%(model)s"), { graphOptimizationLevel: "disabled" }));
const numbers = Float32Array.from({ length: 8 * 16 * 16 }, (_, at) => Math.sin(at));
const x = new ort.Tensor("float32", numbers, [1, 8, 16, 16]);
const globals = Object.entries(instances[0].exports).filter(([, one]) => one instanceof WebAssembly.Global);
const counters = () => Object.fromEntries(globals.map(([name, one]) => [name.split(":")[1], one.value]));
const book = layout && logBook(instances, layout);
const before = counters();
book?.start([]);
let y;
for (let run = 0; run < %(runs)d; run += 1) ({ y } = await session.run({ x }));
const after = counters();
const counted = Object.keys(after).map((one) => [one, after[one] - before[one]]);
const calls = book ? book.calls() : Object.fromEntries(counted);
console.log(`\\nanswer ${JSON.stringify({ calls, y: Array.from(y.data) })}`);
process.exit(0);
"""


@pytest.fixture(scope="module")
def stock() -> Module:
    return parsed((assets.web_dist() / FILE).read_bytes())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A convolution, a product, a pooling and a softmax: kernels of four kinds."""
    path = tmp_path_factory.mktemp("model") / "small.onnx"
    sketch = Sketch("small", seed=1)
    x = sketch.input("x", [1, 8, 16, 16])
    x = sketch.node("act", "Relu", [sketch.conv("conv", x, sketch.filters(16, 8, 3, gain=1.0), pad=1)])
    x = sketch.conv("point", x, sketch.filters(8, 16, 1, gain=1.0))
    x = sketch.node("soft", "Softmax", [sketch.node("pool", "GlobalAveragePool", [x])], axis=1)
    sketch.output(x, "y", [1, 8, 1, 1])
    sketch.save(path)
    return path


def _ran(wasm: bytes, model: Path, folder: Path, *, slots: object = None) -> Any:
    """Calls during a few runs by that build in Node, and its output."""
    dist = folder / "dist"
    dist.mkdir(exist_ok=True)
    shutil.copy(assets.web_dist() / "ort-wasm-simd-threaded.mjs", dist)
    (dist / FILE).write_bytes(wasm)
    source = _SCRIPT % {
        "probes": assets.probes_web().as_uri(),
        "ort": assets.web_dist().as_uri(),
        "dist": dist.as_uri(),
        "layout": json.dumps(slots),
        "model": model.as_posix(),
        "runs": RUNS,
    }
    command = [str(assets.node()), "--input-type=module", "-e", source]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("answer ")]
    assert lines, done.stdout + done.stderr
    return json.loads(lines[-1].removeprefix("answer "))


@pytest.fixture(scope="module")
def hooks(stock: Module, model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[int, int], Any]:
    """Calls of every function that was called at all, and the output."""
    functions = tuple(range(stock.imported_functions, stock.imported_functions + len(stock.bodies)))
    build = hooked(stock, functions)
    slots = msgspec.to_builtins(layout(build))
    found = _ran(build.wasm, model, tmp_path_factory.mktemp("hooks"), slots=slots)
    counts = dict(zip(functions, found["calls"], strict=False))
    return {function: count for function, count in counts.items() if count}, found["y"]


def test_hooks_count_what_functions_count_themselves(
    stock: Module, model: Path, tmp_path: Path, hooks: tuple[dict[int, int], Any]
) -> None:
    """Every function that is called, those in tables included, which is how kernels are called."""
    counts, output = hooks
    entries = _ran(at_entry(stock, counts), model, tmp_path)
    assert {str(function): count for function, count in counts.items()} == entries["calls"]
    assert output == entries["y"]
    assert len(counts.keys() & in_tables(stock)) > 20


def test_hooks_count_what_callers_count(
    stock: Module, model: Path, tmp_path: Path, hooks: tuple[dict[int, int], Any]
) -> None:
    """Functions that nobody but their direct callers can call; what is never called calls nothing."""
    counts, output = hooks
    elsewhere = in_tables(stock)
    alone = {function: count for function, count in counts.items() if function not in elsewhere}
    sites = _ran(at_callers(stock, alone, counts.keys()), model, tmp_path)
    assert {str(function): count for function, count in alone.items()} == sites["calls"]
    assert output == sites["y"]
    assert len(alone) > 50
    assert max(alone.values()) > 100
