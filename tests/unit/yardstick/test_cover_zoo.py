"""How much of the zoo's real graphs has twins."""

import json
from pathlib import Path

import onnx
import pytest

from gapprof.kernels.families.conv import Conv
from gapprof.kernels.families.conv_int8 import ConvInt8
from gapprof.kernels.families.gemm import Gemm
from gapprof.records.subject import StagedModel
from gapprof.yardstick.cover import covered
from gapprof.yardstick.shapes import family_of, shape_of
from tests.unit.conftest import OfTheZoo

ZOO = Path(__file__).parents[3] / "reports" / "zoo"


@pytest.mark.parametrize(
    ("model", "least"),
    [
        ("mobilenetv2", 0.99),
        ("resnet20", 0.99),
        ("squeezenet", 0.99),
        ("bert-small", 0.99),
        ("decoder-small", 0.99),
        ("int8-cnn", 0.99),
    ],
)
def test_nodes_with_twins_do_nearly_all_of_the_zoos_arithmetic(
    model: str, least: float, of_the_zoo: OfTheZoo
) -> None:
    subject = of_the_zoo(model)
    assert isinstance(subject.common, StagedModel)
    graph = onnx.load(str(subject.common.path), load_external_data=False).graph
    nodes = {node.name: node for node in covered(graph, subject.facts.inputs, subject.facts.nodes)}
    flops = {row.name: row.flops or 0 for row in subject.facts.nodes}
    assert nodes.keys() == flops.keys()
    with_twin = sum(count for name, count in flops.items() if nodes[name].parts)
    assert with_twin >= least * sum(flops.values())
    web_ms = web_ms_of(model)
    timed = sum(ms for name, ms in web_ms.items() if nodes[name].parts)
    assert timed >= 0.95 * sum(web_ms.values())
    for node in nodes.values():
        for part in node.parts:
            shape = shape_of(part)
            assert min(family_of(shape).buffers(shape)) > 0


def web_ms_of(model: str) -> dict[str, float]:
    """Per node, in the published report."""
    report = json.loads((ZOO / f"{model}.json").read_text())
    rows = [row for row in report["operators"] if row["op_type"] != "overhead"]
    return {row["name"]: row["web_ms"] or 0.0 for row in rows}


@pytest.mark.parametrize("model", ["resnet20", "int8-cnn"])
def test_a_twin_does_as_many_flops_as_its_node(model: str, of_the_zoo: OfTheZoo) -> None:
    subject = of_the_zoo(model)
    assert isinstance(subject.common, StagedModel)
    graph = onnx.load(str(subject.common.path), load_external_data=False).graph
    rows = {row.name: row for row in subject.facts.nodes}
    seen = 0
    for node in covered(graph, subject.facts.inputs, subject.facts.nodes):
        main = [part for part in map(shape_of, node.parts) if isinstance(part, Gemm | Conv | ConvInt8)]
        if main:
            seen += 1
            assert sum(part.flops for part in main) == rows[node.name].flops
    assert seen >= 20
