"""Every graph input with a whole shape: from the model, from --shape, or from a stated default."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper

from gapprof.errors import ModelUnusable, WrongUse
from gapprof.records.model import TensorSpec
from gapprof.subject import limits
from gapprof.subject.tensors import element_count, shortened

DTYPES = (
    "float32", "float64", "float16", "bool",
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
)  # fmt: skip
"""Element types that numpy, an .npz file and onnxruntime-web can all hold."""

_DEFAULTS = (
    ("batch", 1), ("bs", 1), ("n", 1), ("beam", 1), ("past", 64), ("cache", 64), ("encoder", 128),
    ("height", 224), ("width", 224), ("h", 224), ("w", 224), ("image_size", 224),
    ("seq", 128), ("token", 128), ("length", 128), ("time", 128), ("frame", 128), ("samples", 16000),
)  # fmt: skip
"""Part of a dimension's name → its default; up to two letters must match whole. The first match counts."""
_UNNAMED_DEFAULT = 1
_IMAGE_SIDE = 224
_COLOURS = (1, 3, 4)

Dim = int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Inputs with whole shapes, and which dimensions nobody stated."""

    inputs: tuple[TensorSpec, ...]
    assumed: dict[str, int]
    symbols: dict[str, int]


def resolve(model: onnx.ModelProto, shapes: Mapping[str, tuple[int, ...]]) -> Resolved:
    """Give every free dimension one value; the same name has the same value everywhere.

    Raises WrongUse for a --shape that does not fit the model, ModelUnusable for inputs that are no tensors.
    """
    declared = declared_inputs(model)
    symbols: dict[str, int] = {}
    for name, shape in shapes.items():
        _bind(name, shape, declared, symbols)
    assumed: dict[str, int] = {}
    free = [dim for _, dims in declared.values() for dim in dims if isinstance(dim, str)]
    cached = any(map(_is_cache, free))
    for dim in sorted(free, key=_is_sum):
        if dim not in symbols:
            value = _sum_of_known(dim, symbols)
            symbols[dim] = assumed[dim] = _default(dim, one_step=cached) if value is None else value
    inputs = tuple(
        TensorSpec(name=name, dtype=dtype, shape=tuple(symbols[d] if isinstance(d, str) else d for d in dims))
        for name, (dtype, dims) in declared.items()
    )
    _bound_bytes(inputs)
    return Resolved(inputs=inputs, assumed=assumed, symbols=symbols)


def declared_inputs(model: onnx.ModelProto) -> dict[str, tuple[str, tuple[Dim, ...]]]:
    """Name → numpy dtype and dimensions of the inputs that a caller must feed; free dimensions are names.

    Before IR version 4 initializers are listed among the inputs; they are no inputs of ours.
    """
    constants = {tensor.name for tensor in model.graph.initializer}
    constants |= {tensor.values.name for tensor in model.graph.sparse_initializer}
    return {value.name: _declared(value) for value in model.graph.input if value.name not in constants}


def _declared(value: onnx.ValueInfoProto) -> tuple[str, tuple[Dim, ...]]:
    if not value.type.HasField("tensor_type"):
        raise ModelUnusable(
            f"input {shortened(value.name)} is no tensor (a sequence, a map or an optional)",
            hint="Export the model with tensor inputs; onnxruntime-web can be fed nothing else.",
        )
    tensor = value.type.tensor_type
    try:
        dtype = str(helper.tensor_dtype_to_np_dtype(tensor.elem_type))
    except (KeyError, ValueError, TypeError):
        dtype = f"type {tensor.elem_type}"
    if dtype not in DTYPES:
        raise ModelUnusable(
            f"input {shortened(value.name)} has elements of {dtype}, which gapprof cannot feed",
            hint=f"Export the model with inputs of one of {', '.join(DTYPES)}.",
        )
    if not tensor.HasField("shape"):
        raise ModelUnusable(
            f"input {shortened(value.name)} has no shape, not even a number of dimensions",
            hint="Export the model with the shapes of its inputs.",
        )
    fixed = [dim.dim_value for dim in tensor.shape.dim if dim.HasField("dim_value") and dim.dim_value != -1]
    element_count(fixed, value.name)
    dims = tuple(_dim(value.name, axis, dim) for axis, dim in enumerate(tensor.shape.dim))
    return dtype, _with_image_sides(value.name, dims)


def _dim(name: str, axis: int, dim: onnx.TensorShapeProto.Dimension) -> Dim:
    """A number, a name, or `input[axis]` for a free dimension without a name (old exporters write -1)."""
    if dim.HasField("dim_value") and dim.dim_value != -1:
        return int(dim.dim_value)
    return str(dim.dim_param).strip() or f"{name}[{axis}]"


def _with_image_sides(name: str, dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """Name the free sides of an image `name[height]`, so that the default fits a picture."""
    for colour, sides in ((1, (2, 3)), (3, (1, 2))):
        if len(dims) == 4 and dims[colour] in _COLOURS:
            named = dict(zip(sides, ("height", "width"), strict=True))
            return tuple(
                f"{name}[{named[axis]}]" if axis in named and dim == f"{name}[{axis}]" else dim
                for axis, dim in enumerate(dims)
            )
    return dims


def _bind(
    name: str,
    shape: tuple[int, ...],
    declared: Mapping[str, tuple[str, tuple[Dim, ...]]],
    symbols: dict[str, int],
) -> None:
    listing = "; ".join(f"{known}={','.join(map(str, dims))}" for known, (_, dims) in declared.items())
    hint = f"The model's inputs are {listing or 'none at all'}."
    if name not in declared:
        raise WrongUse(f"--shape names {name!r}, which is no input of the model", hint=hint)
    dims = declared[name][1]
    if len(shape) != len(dims):
        raise WrongUse(
            f"--shape gives {name!r} {len(shape)} dimensions, the model gives it {len(dims)}", hint=hint
        )
    for dim, value in zip(dims, shape, strict=True):
        if value <= 0:
            raise WrongUse(f"--shape gives {name!r} the dimension {value}; it must be 1 or more", hint=hint)
        if isinstance(dim, int) and dim != value:
            raise WrongUse(f"--shape gives {name!r} {value} where the model has a fixed {dim}", hint=hint)
        if isinstance(dim, str) and symbols.setdefault(dim, value) != value:
            raise WrongUse(
                f"--shape gives the dimension {dim!r} two values, {symbols[dim]} and {value}",
                hint=f"One name is one size everywhere. {hint}",
            )


def _is_sum(dim: str) -> bool:
    return "+" in dim or "total" in dim.lower()


def _sum_of_known(dim: str, symbols: Mapping[str, int]) -> int | None:
    """`past_sequence_length + 1` as exporters write it, and `total_…` as past and present together."""
    terms = [term.strip() for term in dim.split("+")]
    if len(terms) > 1 and all(term.isdecimal() or term in symbols for term in terms):
        return sum(int(term) if term.isdecimal() else symbols[term] for term in terms)
    if "total" in dim.lower():
        past = [value for name, value in symbols.items() if _is_cache(name)]
        now = [
            v
            for name, v in symbols.items()
            if "seq" in name.lower() and not _is_cache(name) and "+" not in name
        ]
        if past and now:
            return past[0] + now[0]
    return None


def _is_cache(dim: str) -> bool:
    lowered = dim.lower()
    return ("past" in lowered or "cache" in lowered) and not _is_sum(dim)


def _default(dim: str, *, one_step: bool) -> int:
    """The stated default of a free dimension; beside a cache, a plain sequence is one token long."""
    lowered = dim.lower()
    if lowered.endswith(("[height]", "[width]")):
        return _IMAGE_SIDE
    if lowered.endswith("]"):
        return _UNNAMED_DEFAULT
    for part, size in _DEFAULTS:
        if part in lowered if len(part) > 2 else part == lowered:
            return 1 if one_step and part in ("seq", "token", "length") else size
    return _UNNAMED_DEFAULT


def _bound_bytes(inputs: tuple[TensorSpec, ...]) -> None:
    size_bytes = sum(math.prod(spec.shape) * np.dtype(spec.dtype).itemsize for spec in inputs)
    if size_bytes > limits.INPUT_BYTES:
        raise ModelUnusable(
            f"the inputs of one run would take {size_bytes / 2**30:,.1f} GiB",
            hint=f"gapprof feeds up to {limits.INPUT_BYTES >> 30} GiB; give smaller dimensions with --shape.",
        )
