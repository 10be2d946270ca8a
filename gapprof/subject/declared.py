"""The inputs of a model as it declares them: name, element type, and dimensions that may be free."""

from collections.abc import Mapping
from dataclasses import dataclass

import onnx
from onnx import TensorProto, helper

from gapprof.errors import ModelUnusable
from gapprof.subject.tensors import element_count
from gapprof.subject.visible import shortened

DTYPES = (
    "float32",
    "float64",
    "float16",
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
)
"""Element types that numpy, an .npz file and onnxruntime-web can all hold."""

_COLOURS = (1, 3, 4)

Dim = int | str
"""A size, or the name of a free dimension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One input that a caller must feed."""

    dtype: str
    dims: tuple[Dim, ...]

    def __str__(self) -> str:
        return f"{self.dtype} {','.join(map(str, self.dims)) or '(a scalar)'}"


def declared_inputs(model: onnx.ModelProto) -> dict[str, Declared]:
    """Inputs by name, in order; raises ModelUnusable for one that nobody can feed.

    Before IR version 4 initializers are listed among the inputs; they are no inputs of ours.
    """
    constants = {tensor.name for tensor in model.graph.initializer}
    constants |= {tensor.values.name for tensor in model.graph.sparse_initializer}
    return {value.name: _declared(value) for value in model.graph.input if value.name not in constants}


def listing(declared: Mapping[str, Declared]) -> str:
    """All inputs in one sentence, for a hint."""
    if not declared:
        return "The model takes no inputs."
    return f"The model takes {'; '.join(f'{name}: {value}' for name, value in declared.items())}."


def _declared(value: onnx.ValueInfoProto) -> Declared:
    name = shortened(value.name)
    if "\0" in value.name:
        raise ModelUnusable(f"the input name {name} holds a NUL", hint="Rename the input.")
    if not value.type.HasField("tensor_type"):
        raise ModelUnusable(
            f"input {name} is no tensor (a sequence, a map or an optional)",
            hint="Export the model with tensor inputs; onnxruntime-web can be fed nothing else.",
        )
    tensor = value.type.tensor_type
    try:
        dtype = str(helper.tensor_dtype_to_np_dtype(tensor.elem_type))
    except (KeyError, ValueError, TypeError):
        dtype = f"type {tensor.elem_type}"
    if tensor.elem_type == TensorProto.STRING:
        dtype = "string"  # numpy calls them objects
    if dtype not in DTYPES:
        raise ModelUnusable(
            f"input {name} has elements of {dtype}, which gapprof cannot feed",
            hint=f"Export the model with inputs of one of {', '.join(DTYPES)}.",
        )
    if not tensor.HasField("shape"):
        raise ModelUnusable(
            f"input {name} has no shape, not even a number of dimensions",
            hint="Export the model with the shapes of its inputs.",
        )
    dims = tuple(_dim(value.name, axis, dim) for axis, dim in enumerate(tensor.shape.dim))
    element_count([dim for dim in dims if isinstance(dim, int)], value.name)
    return Declared(dtype=dtype, dims=_with_image_sides(value.name, dims))


def _dim(name: str, axis: int, dim: onnx.TensorShapeProto.Dimension) -> Dim:
    """A number, a name, or `input[axis]` for a free dimension without a name (old exporters write -1)."""
    if dim.HasField("dim_value") and dim.dim_value != -1:
        return int(dim.dim_value)
    return str(dim.dim_param).strip() or f"{name}[{axis}]"


def _with_image_sides(name: str, dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """Name the free sides of an image `input[height]`, so that their default fits a picture."""
    for colour, sides in ((1, (2, 3)), (3, (1, 2))):
        if len(dims) == 4 and dims[colour] in _COLOURS:
            named = {f"{name}[{axis}]": f"{name}[{side}]" for axis, side in zip(sides, _SIDES, strict=True)}
            return tuple(named.get(dim, dim) if isinstance(dim, str) else dim for dim in dims)
    return dims


_SIDES = ("height", "width")
