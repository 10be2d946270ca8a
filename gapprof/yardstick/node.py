"""A node of the common graph as rules see it, and what rules say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import onnx
from msgspec import Struct
from onnx import helper

from gapprof.kernels.functions import Activation

Shape = tuple[int, ...]
Parts = list[Struct]
"""Loop nests one after the other; those that only prepare an operand come first."""


class NoTwinError(Exception):
    """Its text says why a node has no twin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node with the shapes around it, all of them known."""

    proto: onnx.NodeProto
    inputs: tuple[Shape | None, ...]
    """None for a slot that is left empty."""
    types: tuple[str, ...]
    """Of the inputs: `f32`, `i8`, `u8`, or `other`."""
    numbers: tuple[tuple[int, ...] | None, ...]
    """What those inputs hold that are weights of a few int64."""
    narrow: tuple[bool, ...]
    """Which inputs are weights of i8 that keep to 7 bits."""
    outputs: tuple[Shape, ...]
    constant: tuple[bool, ...]
    """Which inputs are weights."""

    @property
    def output(self) -> Shape:
        """The first one."""
        return self.outputs[0]

    def attribute(self, name: str, default: Any) -> Any:
        """Its value; strings as text."""
        for one in self.proto.attribute:
            if one.name == name:
                value = helper.get_attribute_value(one)
                return value.decode() if isinstance(value, bytes) else value
        return default

    def has(self, number: int) -> bool:
        """Whether an input is there."""
        return number < len(self.inputs) and self.inputs[number] is not None

    def input(self, number: int) -> Shape:
        """Raises NoTwinError for an input that is not there."""
        shape = self.inputs[number] if number < len(self.inputs) else None
        if shape is None:
            raise NoTwinError(f"it has no input {number}")
        return shape


Rule = Callable[[Node], Parts]
"""Raises NoTwinError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Those of one kind of operator: (domain, operator) → rule."""

    id: str
    by_operator: Mapping[tuple[str, str], Rule]
    floats: bool = True
    """Whether every tensor around the node has to be f32; else the rules look at the types themselves."""


ACTIVATIONS: Mapping[str, Activation] = {
    "Relu": "relu",
    "Clip": "clip6",  # whatever its bounds: they do not change the time
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Erf": "erf",
    "Gelu": "gelu",
    "HardSwish": "hardswish",
    "HardSigmoid": "hard-sigmoid",  # as for these, so for all that have parameters
    "LeakyRelu": "leaky-relu",
    "Elu": "elu",
    "Exp": "exp",
    "Sqrt": "sqrt",
    "Neg": "neg",
    "Abs": "abs",
    "Floor": "floor",
    "Reciprocal": "reciprocal",
}


def activation_of(name: str) -> Activation:
    """By the name that a fused operator has for it. Raises NoTwinError."""
    found = ACTIVATIONS.get(name)
    if found is None:
        raise NoTwinError(f"no twin of {name} is written")
    return found
