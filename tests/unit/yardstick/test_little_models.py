"""Operators one by one on real little models: what twins are made of, and what a program gives."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from gapprof.engine import Engine
from gapprof.kernels.families.affine import Affine
from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.conv import Conv
from gapprof.kernels.families.conv_int8 import ConvInt8
from gapprof.kernels.families.conv_int8_grouped import ConvInt8Grouped
from gapprof.kernels.families.conv_transposed import ConvTransposed
from gapprof.kernels.families.converted import Converted
from gapprof.kernels.families.crossed import Crossed
from gapprof.kernels.families.depthwise_int8 import DepthwiseInt8
from gapprof.kernels.families.gates import Gates
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.families.moved import Moved
from gapprof.kernels.families.nibbles import Nibbles
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.paired import Paired
from gapprof.kernels.families.product_int8 import ProductInt8
from gapprof.kernels.families.resized import Resized
from gapprof.kernels.families.rotated import Rotated
from gapprof.kernels.families.selected import Selected
from gapprof.kernels.families.skip_norm import SkipNorm
from gapprof.kernels.families.softmax import Softmax
from gapprof.kernels.families.transposed import Transposed
from gapprof.kernels.families.unpacked import Unpacked
from gapprof.kernels.families.widened import Widened
from gapprof.kernels.machine import WASM, WASM_RELAXED, Machine
from gapprof.records.twins import TwinNode
from gapprof.subject.open import open_subject
from gapprof.yardstick.node import NoTwinError
from gapprof.yardstick.shapes import family_of, shape_of
from tests.unit.yardstick.programs import native, run, saved, twins, written

_RANDOM = np.random.default_rng(4)


@dataclass(frozen=True)
class Case:
    """A model, and the loop nests that its node `n` comes to."""

    id: str
    nodes: Sequence[onnx.NodeProto]
    shape: Sequence[int]
    families: Sequence[type]
    weights: Mapping[str, Any] = field(default_factory=dict)
    opset: int = 17


def node(op: str, inputs: Sequence[str], outputs: Sequence[str] = ("y",), **attributes: Any) -> Any:
    return helper.make_node(op, inputs, outputs, name=attributes.pop("name", "n"), **attributes)


def normal(*shape: int) -> Any:
    return _RANDOM.standard_normal(shape)


def few_bits(depth: int, columns: int) -> dict[str, int]:
    return {"K": depth, "N": columns, "bits": 4, "block_size": 32}


ANGLES = np.outer(np.arange(20), 0.5 ** np.arange(8))
CASES = [
    Case(
        "a normalised image",
        [node("BatchNormalization", ["x", "scale", "shift", "mean", "variance"], epsilon=0.01)],
        (2, 5, 3, 7),
        (Affine,),
        {"scale": normal(5), "shift": normal(5), "mean": normal(5), "variance": np.abs(normal(5)) + 0.1},
    ),
    Case(
        "normalised rows",
        [node("BatchNormalization", ["x", "scale", "shift", "mean", "variance"])],
        (6, 11),
        (Affine,),
        {"scale": normal(11), "shift": normal(11), "mean": normal(11), "variance": np.abs(normal(11))},
    ),
    Case(
        "a causal mask",
        [node("Where", ["mask", "x", "lowest"])],
        (2, 3, 9, 9),
        (Selected,),
        {"mask": np.tri(9, dtype=bool)[None, None], "lowest": np.float32(-10000)},
    ),
    Case(
        "nearest",
        [node("Resize", ["x", "", "scales"], mode="nearest", coordinate_transformation_mode="asymmetric")],
        (1, 3, 5, 9),
        (Resized,),
        {"scales": [1.0, 1.0, 2.0, 2.0]},
    ),
    Case(
        "nearest by three, with a region that is none",
        [node("Resize", ["x", "region", "scales"], mode="nearest")],
        (1, 2, 4, 4),
        (Resized,),
        {"scales": [1.0, 1.0, 3.0, 3.0], "region": np.zeros(0, np.float32)},
    ),
    Case(
        "blended to given sizes",
        [node("Resize", ["x", "", "", "sizes"], mode="linear", coordinate_transformation_mode="half_pixel")],
        (2, 2, 4, 6),
        (Resized,),
        {"sizes": np.array([2, 2, 8, 24])},
    ),
    Case(
        "blended from corners",
        [node("Resize", ["x", "", "scales"], mode="linear", coordinate_transformation_mode="asymmetric")],
        (1, 2, 4, 5),
        (Resized,),
        {"scales": [1.0, 1.0, 4.0, 2.0]},
    ),
    Case(
        "a border of ones",
        [node("Pad", ["x", "pads", "one"])],
        (2, 6, 9, 11),
        (Moved,),
        {"pads": np.array([0, 1, 2, 0, 0, 0, 1, 3]), "one": np.float32(1.0)},
    ),
    Case(
        "a border along one axis",
        [node("Pad", ["x", "pads", "", "axes"])],
        (3, 4, 5),
        (Moved,),
        {"pads": np.array([2, 1]), "axes": np.array([-2])},
        opset=18,
    ),
    Case(
        "parts of unlike sizes",
        [
            node("Split", ["x", "sizes"], ["a", "b", "c"], axis=1),
            node("Mul", ["a", "a"], ["aa"], name="square"),
            node("Concat", ["c", "aa", "b"], name="joined", axis=1),
        ],
        (2, 7, 6),
        (Moved, Moved, Moved),
        {"sizes": np.array([2, 1, 4])},
    ),
    Case(
        "a part in the middle",
        [node("Slice", ["x", "from", "to", "axes"])],
        (4, 6, 5),
        (Moved,),
        {"from": np.array([-3, 1]), "to": np.array([100, 5]), "axes": np.array([0, 1])},
    ),
    Case(
        "an image twice as large",
        [node("ConvTranspose", ["x", "w", "b"], strides=[2, 2], pads=[1, 1, 1, 1])],
        (2, 4, 5, 7),
        (Padded, ConvTransposed),
        {"w": normal(4, 6, 4, 4), "b": normal(6)},
    ),
    Case(
        "an image twice as large, in groups",
        [
            node(
                "ConvTranspose",
                ["x", "w"],
                strides=[2, 2],
                pads=[1, 1, 1, 1],
                output_padding=[1, 1],
                group=2,
            )
        ],
        (1, 4, 5, 7),
        (Padded, ConvTransposed),
        {"w": normal(4, 3, 3, 3)},
    ),
    Case(
        "uneven strides and borders",
        [node("ConvTranspose", ["x", "w"], strides=[3, 1], pads=[0, 2, 1, 0])],
        (1, 3, 4, 6),
        (Padded, ConvTransposed),
        {"w": normal(3, 2, 5, 3)},
    ),
    Case(
        "a border that gives the size it wants",
        [node("Conv", ["x", "w"], strides=[2, 2], auto_pad="SAME_UPPER")],
        (1, 3, 7, 10),
        (Padded, Conv),
        {"w": normal(5, 3, 3, 3)},
    ),
    Case(
        "the same from the other side",
        [node("Conv", ["x", "w"], auto_pad="SAME_LOWER")],
        (1, 3, 7, 10),
        (Padded, Conv),
        {"w": normal(5, 3, 2, 4)},
    ),
    *(
        Case(
            f"four bits, {rows} rows of {depth}, {len(more)} zero points",
            [
                node(
                    "MatMulNBits",
                    ["x", "w", "scales", *more],
                    domain="com.microsoft",
                    **few_bits(depth, columns),
                )
            ],
            (2, rows, depth),
            (Nibbles,) if rows < 8 else (Unpacked, Gemm),
            {
                "w": _RANDOM.integers(0, 256, (columns, -(-depth // 32), 16)).astype(np.uint8),
                "scales": np.abs(normal(columns * -(-depth // 32))),
                "zeros": _RANDOM.integers(0, 256, columns * -(-depth // 64)).astype(np.uint8),
            },
        )
        for rows, depth, columns, more in (
            (3, 64, 24, []),
            (3, 96, 19, ["zeros"]),
            (2, 80, 6, []),
            (9, 80, 22, ["zeros"]),
        )
    ),
    *(
        Case(
            f"{op}, {direction}",
            [
                node(
                    op,
                    ["x", "w", "r", *more],
                    ["all", "last", *(["cell"] if op == "LSTM" else [])],
                    hidden_size=6,
                    direction=direction,
                    **({"linear_before_reset": 1} if op == "GRU" else {}),
                ),
                node("Mul", ["all", "last"], ["m"], name="both"),
                node("Add", ["m", "cell" if op == "LSTM" else "last"], name="every"),
            ],
            (5, 3, 4),
            (Gemm, Gemm, Gates) * count,
            {
                "w": normal(count, gates * 6, 4),
                "r": normal(count, gates * 6, 6),
                "b": normal(count, 2 * gates * 6),
                "h": normal(count, 3, 6),
                "c": normal(count, 3, 6),
            },
        )
        for op, gates in (("LSTM", 4), ("GRU", 3))
        for direction, count, more in (
            ("forward", 1, ["b"]),
            ("reverse", 1, ["b", "", "h", *(["c"] if op == "LSTM" else [])]),
            ("bidirectional", 2, []),
        )
    ),
    Case(
        "attention of several heads",
        [
            node("MatMul", ["x", "k"], ["kx"], name="key"),
            node("MultiHeadAttention", ["x", "kx", "x"], domain="com.microsoft", num_heads=2),
        ],
        (1, 7, 8),
        (Moved, Transposed, Moved, Gemm, Softmax, Gemm, Moved),
        {"k": normal(8, 8)},
    ),
    Case(
        "attention to something else, with biases",
        [
            node("MatMul", ["x", "k"], ["kx"], name="key"),
            node("Concat", ["kx", "kx", "x"], ["longer"], name="longer", axis=1),
            node(
                "MultiHeadAttention",
                ["x", "longer", "longer", "b", "", "more"],
                domain="com.microsoft",
                num_heads=2,
                scale=0.3,
            ),
        ],
        (2, 3, 12),
        (Combined, Combined, Combined, Moved, Moved, Transposed, Moved, Gemm, Combined, Softmax, Gemm, Moved),
        {"k": normal(12, 12), "b": normal(36), "more": normal(1, 1, 3, 9)},
    ),
    Case(
        "attention to what is remembered",
        [
            node(
                "MultiHeadAttention",
                ["x", "x", "x", "", "", "", "old", "older"],
                ["o", "pk", "pv"],
                domain="com.microsoft",
                num_heads=2,
            ),
            node("ReduceMean", ["pk"], ["mk"], name="keys", axes=[3], keepdims=1),
            node("ReduceMean", ["pv"], ["mv"], name="values", axes=[1, 2, 3], keepdims=1),
            node("Mul", ["mk", "mv"], ["m"], name="both"),
            node("ReduceMean", ["m"], ["mm"], name="all", axes=[1, 2, 3], keepdims=0),
            node("Add", ["o", "mm"], name="sum"),
        ],
        (1, 1, 8),
        (Moved, Moved, Moved, Moved, Transposed, Gemm, Softmax, Gemm),
        {"old": normal(1, 2, 5, 4), "older": normal(1, 2, 5, 4)},
    ),
    *(
        Case(
            f"grouped attention, {len(past)} tensors remembered",
            [
                node("MatMul", ["x", "k"], ["kx"], name="key"),
                node("MatMul", ["x", "v"], ["vx"], name="value"),
                node(
                    "GroupQueryAttention",
                    ["x", "kx", "vx", *(past or ["", ""]), "last", "total", "cosines", "sines"],
                    ["o", "pk", "pv"],
                    domain="com.microsoft",
                    num_heads=4,
                    kv_num_heads=2,
                    do_rotary=1,
                ),
                node("ReduceMean", ["pk"], ["mk"], name="keys", axes=[1, 2, 3], keepdims=1),
                node("ReduceMean", ["pv"], ["mv"], name="values", axes=[1, 2, 3], keepdims=1),
                node("Mul", ["mk", "mv"], ["m"], name="both"),
                node("ReduceMean", ["m"], ["mm"], name="all", axes=[1, 2, 3], keepdims=0),
                node("Add", ["o", "mm"], name="sum"),
            ],
            (1, rows, 64),
            families,
            {
                "k": normal(64, 32),
                "v": normal(64, 32),
                "old": normal(1, 2, 5, 16),
                "older": normal(1, 2, 5, 16),
                "last": np.array([rows + (5 if past else 0) - 1], np.int32),
                "total": np.int32(rows + (5 if past else 0)),
                "cosines": np.cos(ANGLES),
                "sines": np.sin(ANGLES),
            },
        )
        for rows, past, families in (
            (
                6,
                [],
                (Rotated, Rotated, Moved, Moved, Moved, Transposed, Gemm, Combined, Softmax, Gemm, Moved),
            ),
            (
                1,
                ["old", "older"],
                (Rotated, Rotated, Moved, Moved, Moved, Moved, Transposed, Gemm, Softmax, Gemm),
            ),
        )
    ),
    Case(
        "projected attention with a mask",
        [node("Attention", ["x", "w", "b", "seen"], domain="com.microsoft", num_heads=2)],
        (1, 6, 10),
        (Gemm, Moved, Transposed, Moved, Gemm, Combined, Softmax, Gemm, Moved),
        {"w": normal(10, 24), "b": normal(24), "seen": np.array([[1, 1, 0, 1, 1, 0]], np.int32)},
    ),
    Case(
        "projected attention to the past alone",
        [node("Attention", ["x", "w", "b"], domain="com.microsoft", num_heads=2, unidirectional=1)],
        (2, 6, 10),
        (Gemm, Moved, Moved, Transposed, Moved, Gemm, Combined, Softmax, Gemm, Moved),
        {"w": normal(10, 24), "b": normal(24)},
    ),
    Case(
        "normalised without a shift",
        [node("LayerNormalization", ["x", "s"], axis=-1)],
        (2, 3, 10),
        (SkipNorm,),
        {"s": normal(10)},
    ),
    Case(
        "divided by the root of the mean square",
        [node("SimplifiedLayerNormalization", ["x", "s"], axis=-1, epsilon=0.01)],
        (2, 3, 10),
        (SkipNorm,),
        {"s": normal(10)},
    ),
    Case(
        "a sum normalised",
        [
            node("Relu", ["x"], ["r"], name="other"),
            node("SkipLayerNormalization", ["x", "r", "s", "t", "b"], domain="com.microsoft", epsilon=0.1),
        ],
        (2, 3, 10),
        (SkipNorm,),
        {"s": normal(10), "t": normal(10), "b": normal(10)},
    ),
    Case(
        "a sum divided",
        [
            node("Relu", ["x"], ["r"], name="other"),
            node(
                "SkipSimplifiedLayerNormalization",
                ["x", "r", "s", "b"],
                domain="com.microsoft",
                epsilon=0.1,
            ),
        ],
        (2, 3, 10),
        (SkipNorm,),
        {"s": normal(10), "b": normal(10)},
    ),
    Case(
        "operands that are broadcast both ways",
        [node("Sub", ["x", "row"])],
        (2, 3, 1, 10),
        (Crossed,),
        {"row": normal(1, 4, 10)},
    ),
    *(
        Case(f"{op} {named}", [node(op, ["x"], domain=domain, **named)], (2, 37), (Mapped,))
        for op, domain, named in (
            ("LeakyRelu", "", {}),
            ("HardSigmoid", "", {}),
            ("Elu", "", {}),
            ("Neg", "", {}),
            ("Abs", "", {}),
            ("Floor", "", {}),
            ("Reciprocal", "", {}),
            ("QuickGelu", "com.microsoft", {}),
            ("QuickGelu", "com.microsoft", {"alpha": 1.0}),
        )
    ),
    Case(
        "more stride than filter",
        [node("ConvTranspose", ["x", "w"], strides=[3])],
        (1, 3, 9),
        (ConvTransposed,),
        {"w": normal(3, 2, 2)},
    ),
    Case(
        "rows repeated",
        [node("Expand", ["x", "sizes"])],
        (3, 1, 6),
        (Moved,),
        {"sizes": np.array([2, 3, 4, 6])},
    ),
]


def written_for_every_machine(twin: TwinNode) -> None:
    """With every schedule that the page may find: native twins have those too."""
    for shape in map(shape_of, twin.parts):
        family = family_of(shape)
        for lanes, fused in itertools.product((1, 4, 8, 16), (False, True)):
            for tile in family.tiles(shape, WASM_RELAXED if fused else WASM):
                kernel = family.kernel(shape, tile, Machine(lanes, fused))
                assert kernel.parameters == len(family.buffers(shape))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_model_of_our_kernels_gives_what_native_gives(case: Case, engine: Engine, tmp_path: Path) -> None:
    path = saved(tmp_path / "m.onnx", case.nodes, case.weights, case.shape, opset=case.opset)
    subject = open_subject(str(path), shapes={}, inputs=None, seed=0, workdir=tmp_path / "work")
    found = twins(subject)["n"]
    assert [type(shape_of(part)) for part in found.parts] == list(case.families), found.why
    written_for_every_machine(found)
    (wanted,) = native(subject)
    (result,) = run(written(subject, WASM_RELAXED), tmp_path, engine, times=2).values()
    assert np.ptp(wanted) > 0
    np.testing.assert_allclose(result, wanted, rtol=1e-5, atol=1e-5 * np.abs(wanted).max())


def test_another_kind_of_rounding_has_a_twin_but_no_place_in_a_program(tmp_path: Path) -> None:
    nodes = [node("Resize", ["x", "", "scales"], mode="nearest", nearest_mode="floor")]
    path = saved(tmp_path / "m.onnx", nodes, {"scales": [1.0, 1.0, 3.0, 3.0]}, (1, 2, 4, 4))
    subject = open_subject(str(path), shapes={}, inputs=None, seed=0, workdir=tmp_path / "work")
    assert twins(subject)["n"].parts
    with pytest.raises(NoTwinError, match="n: its nearest elements"):
        written(subject)


@pytest.mark.parametrize(
    ("nodes", "weights", "why"),
    [
        (
            [node("Resize", ["x", "", "scales"], mode="cubic")],
            {"scales": [1.0, 1.0, 2.0, 2.0]},
            "no twin of cubic",
        ),
        (
            [node("Resize", ["x", "", "scales"], mode="nearest")],
            {"scales": [1.0, 1.0, 1.5, 1.5]},
            "no whole factor",
        ),
        (
            [
                node(
                    "Resize",
                    ["x", "", "scales"],
                    mode="linear",
                    coordinate_transformation_mode="align_corners",
                )
            ],
            {"scales": [1.0, 1.0, 2.0, 2.0]},
            "coordinates are align_corners",
        ),
        (
            [node("Pad", ["x", "pads"], mode="reflect")],
            {"pads": np.array([0, 0, 1, 1, 0, 0, 1, 1])},
            "made of what it surrounds",
        ),
        (
            [node("Pad", ["x", "pads"])],
            {"pads": np.array([0, 0, -1, 0, 0, 0, 0, 0])},
            "cuts as well",
        ),
    ],
)
def test_what_has_no_twin_says_why(
    nodes: Sequence[onnx.NodeProto], weights: Mapping[str, Any], why: str, tmp_path: Path
) -> None:
    path = saved(tmp_path / "m.onnx", nodes, weights, (1, 2, 4, 4))
    subject = open_subject(str(path), shapes={}, inputs=None, seed=0, workdir=tmp_path / "work")
    assert why in twins(subject)["n"].why


def test_what_goes_to_bytes_and_back_has_twins(tmp_path: Path) -> None:
    nodes = [
        node("QuantizeLinear", ["x", "scale", "zero"], ["q"], name="to-bytes"),
        node("MaxPool", ["q"], ["p"], name="pool", kernel_shape=[2, 2]),
        node("DequantizeLinear", ["p", "scale", "zero"], name="from-bytes"),
    ]
    weights = {"scale": np.float32(0.05), "zero": np.int8(3)}
    path = saved(tmp_path / "m.onnx", nodes, weights, (1, 8, 9, 10))
    subject = open_subject(str(path), shapes={}, inputs=None, seed=0, workdir=tmp_path / "work")
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
    subject = open_subject(str(path), shapes={}, inputs=None, seed=0, workdir=tmp_path / "work")
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
    subject = open_subject(str(path), shapes={}, inputs=None, seed=0, workdir=tmp_path / "work")
    found = twins(subject)["n"]
    assert [type(shape_of(part)) for part in found.parts] == list(families), found.why
    written_for_every_machine(found)
