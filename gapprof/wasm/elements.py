"""Functions in the first table of a module, by their place in it, as its segments put them there."""

from itertools import islice

from gapprof.wasm.decode import Bytes, unsigned, vector
from gapprof.wasm.instructions import Instruction, instructions
from gapprof.wasm.module import ELEMENT, Module

_ACTIVE, _ACTIVE_OF_EXPRESSIONS = 0, 4
"""Kinds of segments that fill the first table when the module begins; others fill others, or later."""


def functions_in_table(module: Module) -> dict[int, int]:
    """Place → function. ValueError for segments of a kind that no build of onnxruntime-web has."""
    segments, _ = vector(module.contents(ELEMENT), 0, _segment)
    return {place: function for segment in segments for place, function in segment.items()}


def _segment(data: Bytes, at: int) -> tuple[dict[int, int], int]:
    kind, at = unsigned(data, at)
    if kind not in (_ACTIVE, _ACTIVE_OF_EXPRESSIONS):
        raise ValueError(f"a segment of elements of kind {kind}")
    begin, at = _constant(data, at)
    if begin.name != "i32.const":
        raise ValueError("a segment of elements that begins nobody knows where")
    functions, at = vector(data, at, unsigned if kind == _ACTIVE else _function)
    return dict(enumerate(functions, start=int(begin.immediates[0]))), at


def _function(data: Bytes, at: int) -> tuple[int, int]:
    """-1 for a place that holds none."""
    one, end = _constant(data, at)
    return (int(one.immediates[0]) if one.name == "ref.func" else -1), end


def _constant(data: Bytes, at: int) -> tuple[Instruction, int]:
    """The only instruction of an expression, and where the expression ends."""
    first, last = islice(instructions(data, at), 2)
    if last.name != "end":
        raise ValueError("a segment of elements with a place or function that is computed")
    return first, last.end
