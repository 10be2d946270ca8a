"""How many nodes a model file holds and how deep its graphs nest, counted without building any of them."""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gapprof.errors import ModelUnusable
from gapprof.subject import limits

Span = tuple[int, int]
ORT_FORMAT = b"ORTM"
"""At byte 4 of a file in onnxruntime's own format (a flatbuffer's file identifier)."""

_MODEL_GRAPH, _MODEL_FUNCTION = 7, 25
_GRAPH_NODE, _GRAPH_INITIALIZER = 1, 5
_FUNCTION_NODE = 7
_NODE_ATTRIBUTE = 5
_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS = 6, 11


@dataclass(slots=True)
class _Tally:
    nodes: int = 0
    initializers: int = 0
    attributes: int = 0


def check_size(path: Path) -> None:
    """Raise ModelUnusable for a file that is no protobuf or whose graph is beyond the limits.

    A few bytes of file can become hundreds of bytes of objects, and the parser refuses deep nesting
    without saying so: hence this look at the raw fields first. Field numbers are those of onnx.proto.
    """
    if path.stat().st_size == 0:
        raise ModelUnusable("the model file is empty", hint="Export or download the model again.")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        tally = _Tally()
        try:
            for number, span in _fields(data, (0, len(data))):
                if number == _MODEL_GRAPH:
                    _walk_graph(data, span, _GRAPH_NODE, 1, tally)
                elif number == _MODEL_FUNCTION:
                    _walk_graph(data, span, _FUNCTION_NODE, 1, tally)
        except (IndexError, ValueError) as error:
            raise (_ort_format() if data[4:8] == ORT_FORMAT else not_onnx()) from error


def not_onnx() -> ModelUnusable:
    """The refusal of a file that does not parse."""
    return ModelUnusable(
        "this is not an ONNX model, or the file is cut off: it cannot be parsed",
        hint="Give a .onnx file; if it was downloaded, check its size, and that it is no web page.",
    )


def _ort_format() -> ModelUnusable:
    return ModelUnusable(
        "this file is in onnxruntime's own format (.ort), which says nothing of its nodes",
        hint="Give the .onnx file that it was made from. A .ort file was optimised when it was made, for "
        "processors as a rule: on a GPU it keeps operators there, and the .onnx file is the one to deploy.",
    )


def _walk_graph(data: mmap.mmap, span: Span, node_field: int, depth: int, tally: _Tally) -> None:
    if depth > limits.NESTING:
        raise ModelUnusable(
            f"the model nests graphs more than {limits.NESTING} deep (If, Loop or Scan inside each other)",
            hint="Export the model with less nesting; no known exporter writes that.",
        )
    for number, inner in _fields(data, span):
        if number == node_field:
            tally.nodes += 1
            _bound(tally.nodes, limits.NODES, "nodes")
            _walk_node(data, inner, depth, tally)
        elif number == _GRAPH_INITIALIZER and node_field == _GRAPH_NODE:
            tally.initializers += 1
            _bound(tally.initializers, limits.INITIALIZERS, "initializers")


def _walk_node(data: mmap.mmap, span: Span, depth: int, tally: _Tally) -> None:
    for number, attribute in _fields(data, span):
        if number == _NODE_ATTRIBUTE:
            tally.attributes += 1
            _bound(tally.attributes, limits.ATTRIBUTES, "attributes")
            for field, graph in _fields(data, attribute):
                if field in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
                    _walk_graph(data, graph, _GRAPH_NODE, depth + 1, tally)


def _bound(count: int, limit: int, what: str) -> None:
    if count > limit:
        raise ModelUnusable(
            f"the model has more than {limit:,} {what}, which is beyond what gapprof opens",
            hint="Measure a part of the model.",
        )


def _fields(data: mmap.mmap, span: Span) -> Iterator[tuple[int, Span]]:
    """Length-delimited fields of one message; others are stepped over. Raises ValueError or IndexError."""
    at, end = span
    while at < end:
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise ValueError("field number 0")
        if kind == 0:
            _, at = _varint(data, at)
        elif kind == 1:
            at += 8
        elif kind == 2:
            size, at = _varint(data, at)
            yield number, (at, at + size) if at + size <= end else _beyond()
            at += size
        elif kind == 5:
            at += 4
        else:
            raise ValueError(f"wire type {kind}")
    if at != end:
        raise ValueError("a field reaches beyond its message")


def _beyond() -> Span:
    raise ValueError("a field reaches beyond its message")


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("an overlong number")
