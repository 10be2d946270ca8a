"""A file that onnxruntime's optimiser saved is known by operator sets that nobody else declares."""

from pathlib import Path

import onnx
import onnxruntime
import pytest
from onnx import helper

from gapprof.subject.open import open_subject
from gapprof.subject.optimised_before import optimised_before
from gapprof.subject.sketch import Sketch

WIDTH = 8


def dense(path: Path) -> Path:
    """Two dense layers with Relu, which the CPU's optimiser makes one operator each of."""
    sketch = Sketch("dense", seed=2)
    x = sketch.input("x", [1, WIDTH])
    for layer in range(2):
        x = sketch.node(f"act{layer}", "Relu", [sketch.linear(f"dense{layer}", x, WIDTH, WIDTH)])
    sketch.output(x, "y", [1, WIDTH])
    sketch.save(path)
    return path


def saved_by_onnxruntime(source: Path) -> Path:
    target = source.with_name("optimised.onnx")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(target)
    onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])
    return target


def test_what_the_optimiser_made_is_counted(tmp_path: Path) -> None:
    saved = saved_by_onnxruntime(dense(tmp_path / "dense.onnx"))
    assert optimised_before(onnx.load(saved)) == {"FusedGemm": 2}


def test_the_original_has_none_and_the_model_s_facts_say_which_it_is(tmp_path: Path) -> None:
    original = dense(tmp_path / "dense.onnx")
    found = {}
    for path in (original, saved_by_onnxruntime(original)):
        subject = open_subject(str(path), shapes={}, inputs=None, seed=0, workdir=tmp_path / path.stem)
        found[path.stem] = subject.facts.optimised
    assert found == {"dense": {}, "optimised": {"FusedGemm": 2}}


@pytest.mark.parametrize(
    ("domain", "op_type", "sets", "found"),
    [
        ("com.microsoft", "FusedGemm", ("com.microsoft",), {}),
        ("com.microsoft", "FusedGemm", ("com.microsoft", "com.microsoft.nchwc"), {"FusedGemm": 1}),
        ("com.microsoft", "QLinearAdd", ("com.microsoft", "com.ms.internal.nhwc"), {}),
        ("com.microsoft.nchwc", "ReorderInput", ("com.microsoft.nchwc",), {"ReorderInput": 1}),
        ("", "Relu", ("com.microsoft.nchwc",), {}),
    ],
    ids=["another tool", "fused", "a quantiser's", "a layout", "onnx's own"],
)
def test_only_onnxruntimes_own_operators_in_a_file_that_it_saved_count(
    domain: str, op_type: str, sets: tuple[str, ...], found: dict[str, int]
) -> None:
    graph = helper.make_graph([helper.make_node(op_type, ["x"], ["y"], domain=domain)], "one", [], [])
    opsets = [helper.make_opsetid(name, 1) for name in ("", *sets)]
    assert optimised_before(helper.make_model(graph, opset_imports=opsets)) == found
