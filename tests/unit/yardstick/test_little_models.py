"""Operators one by one on real little models: what twins are made of, and what a program gives."""

from pathlib import Path

import numpy as np
import pytest

from gapprof.engine import Engine
from gapprof.kernels.families.affine import Affine
from gapprof.kernels.families.crossed import Crossed
from gapprof.kernels.families.gates import Gates
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.families.moved import Moved
from gapprof.kernels.families.nibbles import Nibbles
from gapprof.kernels.families.selected import Selected
from gapprof.kernels.families.skip_norm import SkipNorm
from gapprof.kernels.families.unpacked import Unpacked
from tests.unit.yardstick.little_models import Case, gives_what_native_gives, node, normals

_RANDOM = np.random.default_rng(4)
normal = normals(_RANDOM)


def few_bits(depth: int, columns: int) -> dict[str, int]:
    return {"K": depth, "N": columns, "bits": 4, "block_size": 32}


CASES = [
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
        "rows repeated",
        [node("Expand", ["x", "sizes"])],
        (3, 1, 6),
        (Moved,),
        {"sizes": np.array([2, 3, 4, 6])},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_model_of_our_kernels_gives_what_native_gives(case: Case, engine: Engine, tmp_path: Path) -> None:
    gives_what_native_gives(case, tmp_path, engine)
