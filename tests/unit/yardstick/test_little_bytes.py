"""Quantised operators in real little models: what twins are made of."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.conv_int8 import ConvInt8
from gapprof.kernels.families.conv_int8_grouped import ConvInt8Grouped
from gapprof.kernels.families.converted import Converted
from gapprof.kernels.families.depthwise_int8 import DepthwiseInt8
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.paired import Paired
from gapprof.kernels.families.product_int8 import ProductInt8
from gapprof.kernels.families.widened import Widened
from gapprof.yardstick.shapes import shape_of
from tests.unit.yardstick.little_models import node, written_for_every_machine
from tests.unit.yardstick.programs import opened, saved, twins

_RANDOM = np.random.default_rng(4)


def test_what_goes_to_bytes_and_back_has_twins(tmp_path: Path) -> None:
    nodes = [
        node("QuantizeLinear", ["x", "scale", "zero"], ["q"], name="to-bytes"),
        node("MaxPool", ["q"], ["p"], name="pool", kernel_shape=[2, 2]),
        node("DequantizeLinear", ["p", "scale", "zero"], name="from-bytes"),
    ]
    weights = {"scale": np.float32(0.05), "zero": np.int8(3)}
    path = saved(tmp_path / "m.onnx", nodes, weights, (1, 8, 9, 10))
    subject = opened(path, tmp_path / "work")
    found = twins(subject)
    assert [shape_of(part) for part in found["to-bytes"].parts] == [Converted(count=720, to="bytes")]
    assert [shape_of(part) for part in found["from-bytes"].parts] == [Converted(count=576, to="floats")]


@pytest.mark.parametrize("fused", [True, False])
def test_products_that_are_quantised_as_they_run_have_twins(fused: bool, tmp_path: Path) -> None:
    """Fused by the optimiser, or, where something else reads what is between, as they were written."""
    nodes = [
        node("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"], name="bytes"),
        node("MatMulInteger", ["q", "w", "zero"], ["m"]),
        node("Cast", ["m"], ["f"], name="floats", to=1),
        node("Mul", ["scale", "own"], ["s"], name="scales"),
        node("Mul", ["f", "s"], ["y"] if fused else ["o"], name="scaled"),
        *([] if fused else [node("Add", ["o", "f"], name="sum")]),
    ]
    weights = {"w": _RANDOM.integers(-64, 64, (16, 20)).astype(np.int8), "own": np.float32(0.1)}
    path = saved(tmp_path / "m.onnx", nodes, weights, (2, 4, 16))
    subject = opened(path, tmp_path / "work")
    found = twins(subject)["n"]
    wanted = [Widened, ProductInt8, Combined] if fused else [ProductInt8]
    assert found.op_type == ("DynamicQuantizeMatMul" if fused else "MatMulInteger")
    assert [type(shape_of(part)) for part in found.parts] == wanted, found.why
    written_for_every_machine(found)


@pytest.mark.parametrize(
    ("filters", "group", "families"),
    [
        ((6, 1, 3, 3), 6, (Padded, DepthwiseInt8)),
        ((4, 3, 3, 3), 2, (Paired, ConvInt8Grouped)),
        ((4, 6, 3, 3), 1, (Paired, ConvInt8)),
    ],
)
def test_bytes_in_groups_have_twins(
    filters: Sequence[int], group: int, families: Sequence[type], tmp_path: Path
) -> None:
    weights = {
        "w": np.random.default_rng(0).integers(-127, 128, filters).astype(np.int8),
        "scale": np.float32(0.05),
        "zero": np.uint8(128),
        "none": np.int8(0),
    }
    nodes = [
        node("QuantizeLinear", ["x", "scale", "zero"], ["q"], name="to-bytes"),
        node(
            "QLinearConv",
            ["q", "scale", "zero", "w", "scale", "none", "scale", "zero"],
            ["r"],
            pads=[1, 1, 1, 1],
            group=group,
        ),
        node("DequantizeLinear", ["r", "scale", "zero"], name="from-bytes"),
    ]
    path = saved(tmp_path / "m.onnx", nodes, weights, (1, 6, 9, 10))
    subject = opened(path, tmp_path / "work")
    found = twins(subject)["n"]
    assert [type(shape_of(part)) for part in found.parts] == list(families), found.why
    written_for_every_machine(found)
