"""`gapprof qoe` on a small classifier, from the command line to the JSON: both directions and all metrics."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from gapprof import Report, analyze
from gapprof.records.codec import encode_report
from gapprof.records.sections.quality import QoE
from gapprof.reports import read_report

CLASSES, CHANNELS, SIDE, POOL = 10, 128, 48, 8
SHAPE = (1, 3, SIDE, SIDE)
BUDGET_S = 1
"""Less than a round takes: there is one."""
LONGEST_S = 590
"""On a machine that others use as well."""


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two convolutions that keep a page's main thread for some frames, and a logit for each class."""
    rng = np.random.default_rng(1)
    widths = (SHAPE[1], CHANNELS, CHANNELS)
    weights, nodes, previous = [], [], "x"
    for layer, (wide, wider) in enumerate(pairwise(widths)):
        kernel = rng.standard_normal((wider, wide, 5, 5)) / np.sqrt(25 * wide)
        weights.append(numpy_helper.from_array(kernel.astype(np.float32), f"w{layer}"))
        name = f"c{layer}"
        nodes.append(helper.make_node("Conv", [previous, f"w{layer}"], [name], name=name, pads=[2] * 4))
        previous = name
    pooled = CHANNELS * (SIDE // POOL) ** 2
    last = rng.standard_normal((pooled, CLASSES)) / np.sqrt(pooled)
    weights.append(numpy_helper.from_array(last.astype(np.float32), "last"))
    window = {"kernel_shape": [POOL] * 2, "strides": [POOL] * 2}
    nodes.append(helper.make_node("AveragePool", [previous], ["pooled"], name="pool", **window))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["flat"], name="flat"))
    nodes.append(helper.make_node("MatMul", ["flat", "last"], ["logits"], name="last"))
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, (1, CLASSES))],
        initializer=weights,
    )
    path = tmp_path_factory.mktemp("qoe") / "classifier.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@pytest.fixture(scope="module")
def report(classifier: Path) -> Report:
    """With inputs of the user's, and what they are said to be."""
    inputs = np.random.default_rng(2).standard_normal((8, *SHAPE)).astype(np.float32)
    folder = classifier.parent
    np.savez(folder / "inputs.npz", x=inputs, labels=np.arange(8))
    command = [sys.executable, "-m", "gapprof", "qoe", classifier.name, "--inputs", "inputs.npz"]
    outputs = ["--json", "qoe.json", "--recording", "qoe.jsonl", "--budget", str(BUDGET_S), "--threads", "1"]
    done = subprocess.run(
        [*command, *outputs], cwd=folder, capture_output=True, text=True, check=False, timeout=LONGEST_S
    )
    assert done.returncode == 0, done.stderr
    for told in ("Responsiveness", "Smoothness", "Page → inference", "Accuracy", "By the 8 labels given"):
        assert told in done.stdout
    found = read_report(folder / "qoe.json")
    assert encode_report(analyze(folder / "qoe.jsonl")) == (folder / "qoe.json").read_bytes()
    return found


@pytest.fixture(scope="module")
def qoe(report: Report) -> QoE:
    assert report.qoe is not None, report.warnings
    assert report.qoe.why == ""
    return report.qoe


def test_the_page_is_less_responsive_and_less_smooth_with_the_model_on_its_main_thread(qoe: QoE) -> None:
    rows = {row.id: row for row in qoe.rows}
    for name, aspect in (("components", "responsiveness"), ("frame-p95", "smoothness")):
        row = rows[name]
        assert row.aspect == aspect
        assert row.idle is not None
        assert row.main is not None
        assert row.worker is not None
        assert row.main.point > row.idle.point
    assert (qoe.graph, qoe.visits) == ("own", 3)


def test_requests_were_made_on_quiet_busy_and_busier_pages(qoe: QoE) -> None:
    found = {row.page: row for row in qoe.pages}
    assert list(found) == ["quiet", "busy", "busier"]
    assert all(row.request_ms is not None and row.visits >= 1 for row in found.values())
    assert found["busier"].times is not None
    assert found["busier"].times.point > 1


def test_answers_of_the_page_as_deployed_are_natives_and_lose_by_coming_late(qoe: QoE) -> None:
    found = qoe.answers
    assert found is not None
    assert (found.web_graph, found.native_graph, found.web_where) == ("own", "own", "main")
    assert (found.frames, found.scenes, found.given, found.output) == (8, 8, True, "logits")
    assert found.cosine > 0.9999
    assert (found.top1, found.nearest, found.nearest_scenes) == (1.0, 1.0, 8)
    assert found.labelled is not None
    assert found.labelled.native == found.labelled.web
    rates = {row.answers_per_s: row.nearest for row in found.late if row.who == "rate"}
    often, seldom = rates[30.0], rates[1.0]
    assert often is not None
    assert seldom is not None
    assert often.point == 1.0 > seldom.high
    assert {row.who for row in found.late} == {"rate", "native", "web"}


def test_one_round_is_all_that_a_small_budget_buys_and_that_is_said(report: Report) -> None:
    assert any("one round of visits took longer than the whole budget" in one for one in report.warnings)
