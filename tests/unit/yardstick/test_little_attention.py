"""Attention in real little models: what twins are made of, and what a program gives."""

from pathlib import Path

import numpy as np
import pytest

from gapprof.engine import Engine
from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.moved import Moved
from gapprof.kernels.families.rotated import Rotated
from gapprof.kernels.families.softmax import Softmax
from gapprof.kernels.families.transposed import Transposed
from tests.unit.yardstick.little_models import Case, gives_what_native_gives, node, normals

normal = normals(np.random.default_rng(4))
ANGLES = np.outer(np.arange(20), 0.5 ** np.arange(8))
CASES = [
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
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_model_of_our_kernels_gives_what_native_gives(case: Case, engine: Engine, tmp_path: Path) -> None:
    gives_what_native_gives(case, tmp_path, engine)
