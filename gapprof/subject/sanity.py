"""What a parsed model may hold: names, shapes and data are checked before any runtime sees the file."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import onnx

from gapprof.errors import ModelUnusable
from gapprof.subject import limits
from gapprof.subject.tensors import absurd, all_nodes, all_tensors, declared_bytes, text
from gapprof.subject.visible import shortened

_TYPED_DATA = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data", "string_data")


def check(model: onnx.ModelProto, folder: Path) -> None:
    """Raise ModelUnusable for a model no runtime should be shown. `folder` holds its external data."""
    total_bytes = 0
    _bound_names((model.producer_name, model.producer_version))
    for value in (*model.graph.input, *model.graph.output):
        _bound_names((value.name, *(dim.dim_param for dim in value.type.tensor_type.shape.dim)))
    for tensor in all_tensors(model):
        _bound_names((tensor.name,))
        total_bytes += declared_bytes(tensor)
        if total_bytes > limits.TOTAL_BYTES:
            raise absurd(
                tensor.name, f"more than the {limits.TOTAL_BYTES >> 30} GiB left for all tensors together"
            )
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            _check_external(tensor, folder)
        else:
            _check_inline(tensor)
    for node in all_nodes(model):
        _bound_names((node.name, node.op_type, node.domain, *node.input, *node.output))
        _bound_names(attribute.name for attribute in node.attribute)
    _check_functions(model)


def parameter_count(model: onnx.ModelProto) -> int:
    """Elements of all initializers of the main graph."""
    return sum(math.prod(tensor.dims) for tensor in model.graph.initializer)


def _check_inline(tensor: onnx.TensorProto) -> None:
    wanted = declared_bytes(tensor)
    if tensor.HasField("raw_data"):
        found = len(tensor.raw_data)
        if found != wanted:
            raise absurd(tensor.name, f"{wanted:,} bytes of values but holds {found:,}")
    elif wanted and not any(len(getattr(tensor, field)) for field in _TYPED_DATA):
        raise absurd(tensor.name, f"{wanted:,} bytes of values but holds none")


def _check_external(tensor: onnx.TensorProto, folder: Path) -> None:
    entries: Mapping[str, str] = {entry.key: entry.value for entry in tensor.external_data}
    wanted = declared_bytes(tensor)
    try:
        offset = int(entries.get("offset", "0"))
        length = int(entries.get("length", str(wanted)))
    except ValueError as error:
        raise absurd(tensor.name, "an offset or a length in its external data that is no number") from error
    available = (folder / entries["location"]).stat().st_size
    if offset < 0 or length < 0 or length != wanted or offset + length > available:
        raise absurd(
            tensor.name,
            f"{wanted:,} bytes of values and names bytes {offset:,} to {offset + length:,} "
            f"of {entries['location']!r}, which has {available:,}",
        )


def _bound_names(names: Iterable[str]) -> None:
    for name in map(text, names):
        if len(name) > limits.NAME_CHARACTERS:
            raise ModelUnusable(
                f"the model holds a name of {len(name):,} characters ({shortened(name)})",
                hint=f"gapprof takes names up to {limits.NAME_CHARACTERS:,} characters.",
            )


def _check_functions(model: onnx.ModelProto) -> None:
    """Refuse functions that call themselves or that, written out, are beyond the limit of nodes."""
    functions = {(function.domain, function.name): function for function in model.functions}
    sizes: dict[tuple[str, str], int] = {}

    def written_out(key: tuple[str, str], above: tuple[tuple[str, str], ...]) -> int:
        if key in above or len(above) > limits.NESTING:
            raise ModelUnusable(
                f"function {shortened(key[1])} calls itself, or calls nest more than {limits.NESTING} deep",
                hint="Export the model with its functions inlined.",
            )
        if key not in sizes:
            nodes = functions[key].node
            calls = ((node.domain, node.op_type) for node in nodes)
            sizes[key] = sum(written_out(call, (*above, key)) if call in functions else 1 for call in calls)
        return sizes[key]

    total = sum(
        written_out((n.domain, n.op_type), ()) if (n.domain, n.op_type) in functions else 1
        for n in model.graph.node
    )
    if total > limits.NODES:
        raise ModelUnusable(
            f"written out, the model's functions make more than {limits.NODES:,} nodes",
            hint="Measure a part of the model.",
        )
