"""Operators that only move elements; what tensors of whole numbers tell them does not change the time."""

import math

from gapprof.kernels.families.moved import Moved
from gapprof.kernels.families.transposed import Transposed
from gapprof.yardstick.moves import moved, steps_of
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules, Shape

_BORDERED = 2.0
"""Times what a border surrounds."""


def _transpose(node: Node) -> Parts:
    """Squares where the last two axes change places, runs where the last one stays."""
    shape = _floats(node)
    axes = len(shape)
    order = list(node.attribute("perm", reversed(range(axes))))
    if axes >= 2 and order == [*range(axes - 2), axes - 1, axes - 2]:
        return [Transposed(batch=math.prod(shape[:-2]), rows=shape[-2], columns=shape[-1])]
    if axes >= 3 and order[-2:] == [axes - 1, axes - 3] and order[:-2] == [*range(axes - 3), axes - 2]:
        # [.., rows, heads, columns] to [.., heads, columns, rows]: what attention does with its keys.
        *outer, rows, heads, columns = shape
        if math.prod(outer) == 1:
            every = heads * columns
            turned = Transposed(batch=heads, rows=rows, columns=columns, row_step=every, batch_step=columns)
            return [turned]
    if order[-1] != axes - 1:
        raise NoTwinError("it exchanges the last axis with one that is not beside it")
    steps = steps_of(shape)
    return [moved(node.output, [steps[axis] for axis in order], steps_of(node.output), math.prod(shape))]


def _concat(node: Node) -> Parts:
    """Input by input, each into its part of the result."""
    axis, first, parts = int(node.attribute("axis", 0)) % len(node.output), 0, []
    for number in range(len(node.inputs)):
        shape = _floats(node, number)
        part = moved(shape, steps_of(shape), steps_of(node.output), math.prod(shape), node.output, first)
        first += math.prod(shape[axis:])
        parts.append(part)
    return list(parts)


def _split(node: Node) -> Parts:
    shape = _floats(node)
    return [moved(out, steps_of(shape), steps_of(out), math.prod(shape)) for out in node.outputs]


def _slice(node: Node) -> Parts:
    shape = _floats(node)
    if node.has(4) and set(node.numbers[4] or (0,)) != {1}:
        raise NoTwinError("it may leave out elements in between")
    return [moved(node.output, steps_of(shape), steps_of(node.output), math.prod(shape))]


def _pad(node: Node) -> Parts:
    """Into the middle of what the border is a part of."""
    shape = _floats(node)
    if node.attribute("mode", "constant") != "constant":
        raise NoTwinError("its border is made of what it surrounds")
    told = node.attribute("pads", node.numbers[1] if node.has(1) else None)
    axes = node.numbers[3] if node.has(3) else range(len(shape))
    if told is None or axes is None:
        raise NoTwinError("its border is told by a tensor")
    if min(told, default=0) < 0:
        raise NoTwinError("it cuts as well")
    if math.prod(node.output) > _BORDERED * math.prod(shape):
        raise NoTwinError("it is mostly border, which its twin does not fill")
    steps = steps_of(node.output)
    first = sum(before * steps[int(axis)] for before, axis in zip(told, axes, strict=False))
    return [moved(shape, steps_of(shape), steps, math.prod(shape), node.output, first)]


def _gather(node: Node) -> Parts:
    """As many rows as are asked for, from all over the table."""
    shape = _floats(node)
    axis = int(node.attribute("axis", 0)) % len(shape)
    table = shape[axis:]
    if math.prod(shape[:axis]) > 1:
        raise NoTwinError("it gathers no rows")
    run, rows = math.prod(table[1:]), math.prod(node.input(1))
    step = max(1, table[0] // rows) * run if rows <= table[0] else 0
    return [
        Moved(
            sizes=(rows,),
            run=run,
            source_steps=(step,),
            result_steps=(run,),
            source_count=math.prod(table),
            result_count=rows * run,
        )
    ]


def _expand(node: Node) -> Parts:
    shape = _floats(node)
    full = (1,) * (len(node.output) - len(shape)) + shape
    if full[-1] != node.output[-1]:
        raise NoTwinError("it repeats single elements")
    steps = [0 if size == 1 else step for size, step in zip(full, steps_of(full), strict=True)]
    return [moved(node.output, steps, steps_of(node.output), math.prod(shape))]


def _floats(node: Node, number: int = 0) -> Shape:
    """The shape of an input. Raises NoTwinError where that is not f32."""
    if node.types[number] != "f32":
        raise NoTwinError("it moves no f32")
    return node.input(number)


RULES = Rules(
    id="layout",
    by_operator={
        ("ai.onnx", "Transpose"): _transpose,
        ("ai.onnx", "Concat"): _concat,
        ("ai.onnx", "Split"): _split,
        ("ai.onnx", "Slice"): _slice,
        ("ai.onnx", "Pad"): _pad,
        ("ai.onnx", "Gather"): _gather,
        ("ai.onnx", "Expand"): _expand,
    },
    floats=False,
)
