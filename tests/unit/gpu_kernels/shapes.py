"""Odd shapes of every kind of shader: sizes that no tile divides, strides, borders, groups, broadcasting."""

from collections.abc import Mapping, Sequence
from typing import get_args

from msgspec import Struct

from gapprof.gpu_kernels.families.conv import Conv
from gapprof.gpu_kernels.families.depthwise import Depthwise
from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.functions import Activation

PRODUCTS = (
    Gemm(rows=13, depth=10, columns=7),
    Gemm(rows=45, depth=36, columns=52, bias="column", activation="relu"),
    Gemm(rows=33, depth=20, columns=30, batch=3, shared="a", bias="row"),
    Gemm(rows=17, depth=18, columns=12, batch=2, shared="b", a_transposed=True, bias="column"),
    Gemm(rows=1, depth=41, columns=10),
    Gemm(rows=130, depth=7, columns=140),
)
CONVOLUTIONS = (
    Conv(
        channels=3,
        filters=5,
        height=11,
        width=9,
        kernel=(3, 3),
        stride=(2, 1),
        dilation=(1, 2),
        pads=(1, 1, 0, 2),
        bias=True,
        activation="clip6",
    ),
    Conv(
        batch=2,
        channels=4,
        filters=6,
        height=7,
        width=8,
        kernel=(3, 2),
        pads=(1, 0, 1, 0),
        groups=2,
        bias=True,
    ),
    Conv(channels=8, filters=36, height=13, width=13, kernel=(1, 1), stride=(2, 2)),
)
DEPTHWISE = (
    Depthwise(channels=5, filters=5, groups=5, height=13, width=11, kernel=(3, 3), pads=(1, 1, 1, 1)),
    Depthwise(
        batch=2,
        channels=3,
        filters=3,
        groups=3,
        height=20,
        width=19,
        kernel=(5, 3),
        stride=(2, 2),
        dilation=(1, 2),
        pads=(2, 1, 1, 2),
        bias=True,
        activation="hardswish",
    ),
)
ELEMENTWISE: Sequence[Struct] = (
    Mapped(count=1027, function="gelu"),
    Mapped(count=4100, function="silu"),
    Combined(rows=1, columns=1027, op="add", right="all"),
    Combined(rows=1, columns=516, op="div", right="all"),
    Combined(rows=1, columns=99, op="mul", right="one"),
    Combined(rows=13, columns=20, op="sub", right="row", activation="relu"),
    Combined(rows=13, columns=7, op="mul", right="column"),
    Combined(rows=13, columns=8, op="add", right="column", activation="gelu"),
)
SHAPES: Sequence[Struct] = (*PRODUCTS, *CONVOLUTIONS, *DEPTHWISE, *ELEMENTWISE)
FUNCTIONS: Mapping[str, Mapped] = {
    function: Mapped(count=260, function=function) for function in get_args(Activation)
}
"""Every function of one element."""
