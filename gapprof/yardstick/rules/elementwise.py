"""Element by element: functions of one tensor, and two tensors with broadcasting."""

import math
from collections.abc import Callable
from typing import Any

from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.crossed import Crossed
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.functions import Activation
from gapprof.yardstick.broadcast import broadcast
from gapprof.yardstick.node import ACTIVATIONS, Node, NoTwinError, Parts, Rules, Shape


def _mapped(function: Activation) -> Callable[[Node], Parts]:
    return lambda node: [Mapped(count=math.prod(node.output), function=function)]


def _combined(op: Any, *, commutes: bool, activation: Activation | None = None) -> Callable[[Node], Parts]:
    def rule(node: Node) -> Parts:
        left, right = node.input(0), node.input(1)
        if commutes and left != node.output:
            left, right = right, left
        found = _combination(op, left, right, activation) if left == node.output else None
        if found is not None:
            return [found]
        if activation is not None:
            raise NoTwinError("its second operand is broadcast over axes in between")
        lies = broadcast(node.output, [node.input(0), node.input(1)])
        return [Crossed(sizes=lies.sizes, run=lies.run, left=lies.operands[0], right=lies.operands[1], op=op)]

    return rule


def _fast_gelu(node: Node) -> Parts:
    """With a bias or without."""
    if node.has(1):
        return _combined("add", commutes=False, activation="fast-gelu")(node)
    return _mapped("fast-gelu")(node)


def _gelu(node: Node) -> Parts:
    """By the error function, or by the hyperbolic tangent that comes near it."""
    return _mapped("fast-gelu" if node.attribute("approximate", "none") == "tanh" else "gelu")(node)


def _quick_gelu(node: Node) -> Parts:
    """x · sigmoid(alpha · x), of which two are known by names of their own."""
    one = math.isclose(node.attribute("alpha", 1.702), 1.0)
    return _mapped("silu" if one else "quick-gelu")(node)


def _combination(op: Any, left: Shape, right: Shape, activation: Activation | None) -> Combined | None:
    """How the right operand lies along the left one; None: as neither row nor column."""
    count = math.prod(left)
    full = (1,) * (len(left) - len(right)) + tuple(right)
    trailing = len(full)
    while trailing and full[trailing - 1] == left[trailing - 1]:
        trailing -= 1
    columns = math.prod(left[trailing:])
    if trailing == 0:
        return Combined(rows=1, columns=count, op=op, right="all", activation=activation)
    if math.prod(full) == 1:
        return Combined(rows=1, columns=count, op=op, right="one", activation=activation)
    if all(size == 1 for size in full[:trailing]):
        return Combined(rows=count // columns, columns=columns, op=op, right="row", activation=activation)
    ones = len(full)
    while ones and full[ones - 1] == 1:
        ones -= 1
    if full[:ones] == left[:ones]:
        inner = math.prod(left[ones:])
        return Combined(rows=count // inner, columns=inner, op=op, right="column", activation=activation)
    return None


_COMBINED = {"Add": ("add", True), "Sub": ("sub", False), "Mul": ("mul", True), "Div": ("div", False)}


RULES = Rules(
    id="elementwise",
    by_operator={
        **{("ai.onnx", op): _mapped(function) for op, function in ACTIVATIONS.items()},
        ("ai.onnx", "Gelu"): _gelu,
        ("com.microsoft", "Gelu"): _mapped("gelu"),
        ("com.microsoft", "QuickGelu"): _quick_gelu,
        **{("ai.onnx", op): _combined(kind, commutes=both) for op, (kind, both) in _COMBINED.items()},
        ("com.microsoft", "BiasGelu"): _combined("add", commutes=False, activation="gelu"),
        ("com.microsoft", "FastGelu"): _fast_gelu,
    },
)
