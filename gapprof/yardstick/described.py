"""A shape in a few words, as people who write kernels say it. Pure."""

from msgspec import Struct

from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.conv import Conv
from gapprof.kernels.families.depthwise import Depthwise
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.layer_norm import LayerNorm
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.families.max_pool import MaxPool
from gapprof.kernels.families.mean import Mean
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.softmax import Softmax
from gapprof.kernels.families.transposed import Transposed

_BESIDE = (Padded, Transposed)
"""What prepares the operand of another nest."""


def described(parts: tuple[Struct, ...]) -> str:
    """What the main part computes; parts that only prepare it go without saying."""
    main = [part for part in parts if not isinstance(part, _BESIDE)] or list(parts)
    return " + ".join(_one(part) for part in main)


def _one(shape: Struct) -> str:
    match shape:
        case Gemm():
            batch = f"{shape.batch} of " if shape.batch > 1 else ""
            return f"{batch}{shape.rows}x{shape.depth}x{shape.columns}"
        case Depthwise():
            return f"depthwise {_window(shape)}, {shape.channels} channels, {_size(shape)}"
        case Conv():
            groups = f" in {shape.groups} groups" if shape.groups > 1 else ""
            return f"{_window(shape)}, {shape.channels} to {shape.filters}{groups}, {_size(shape)}"
        case Mapped():
            return f"{shape.count} elements"
        case Combined():
            return f"{shape.rows * shape.columns} elements"
        case Softmax() | LayerNorm() | Mean():
            return f"{shape.rows} rows of {shape.columns}"
        case MaxPool():
            rows, columns = shape.out
            return f"{shape.kernel[0]}x{shape.kernel[1]}, {shape.planes} planes, to {rows}x{columns}"
        case Padded():
            return f"{shape.planes} planes of {shape.height}x{shape.width}"
        case Transposed():
            return f"{shape.batch} of {shape.rows}x{shape.columns}"
        case _:
            return str(shape)


def _window(shape: Conv) -> str:
    stride = f" stride {shape.stride[0]}" if shape.stride != (1, 1) else ""
    return f"{shape.kernel[0]}x{shape.kernel[1]}{stride}"


def _size(shape: Conv) -> str:
    rows, columns = shape.out
    return f"to {rows}x{columns}"
