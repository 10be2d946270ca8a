"""What a family of compute shaders offers: choices worth trying, the shader of one, and what it must give."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

F32 = 4
"""Bytes of an element."""
FOUR = 4
"""Elements of a `vec4f`."""
MOST = 10
"""Choices of one shape."""
Arrays = Sequence[NDArray[np.float32]]


class Choice(Struct, frozen=True, kw_only=True, array_like=True):
    """What is tuned. A family reads what it has a use for."""

    threads: tuple[int, int]
    """Of a workgroup, along columns and along rows of the result."""
    rows: int = 1
    """Of the result that one thread computes ..."""
    vectors: int = 1
    """... in so many vectors of columns; for depthwise windows so many columns."""
    depth: int = 0
    """Of the blocks that go through workgroup memory; 0: nothing does."""
    unroll: int = 1
    """Steps of four in one turn of the innermost loop."""
    wide: bool = False
    """Whether memory is read and written by fours wherever the sizes let it."""

    @property
    def workgroup(self) -> int:
        """Threads of it."""
        return self.threads[0] * self.threads[1]


class Limits(Struct, frozen=True, kw_only=True):
    """What an adapter allows, of all that these shaders come near."""

    workgroup: int = 256
    workgroup_x: int = 256
    workgroup_y: int = 256
    shared_bytes: int = 16384
    workgroups: int = 65535
    """Along one axis of a grid."""
    binding_bytes: int = 128 << 20


_NAMES = {
    "workgroup": "maxComputeInvocationsPerWorkgroup",
    "workgroup_x": "maxComputeWorkgroupSizeX",
    "workgroup_y": "maxComputeWorkgroupSizeY",
    "shared_bytes": "maxComputeWorkgroupStorageSize",
    "workgroups": "maxComputeWorkgroupsPerDimension",
    "binding_bytes": "maxStorageBufferBindingSize",
}


def limits_of(told: Mapping[str, int]) -> Limits:
    """By WebGPU's own names; what an adapter does not tell is what the standard promises."""
    return Limits(**{mine: told[name] for mine, name in _NAMES.items() if name in told})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shader:
    """One compute shader, and how it is launched. Bindings are `@group(0)`, in the order of the buffers."""

    code: str
    workgroup: tuple[int, int]
    grid: tuple[int, int, int]
    shared_bytes: int = 0

    def fits(self, limits: Limits) -> bool:
        """Whether an adapter takes it."""
        x, y = self.workgroup
        return (
            x * y <= limits.workgroup
            and x <= limits.workgroup_x
            and y <= limits.workgroup_y
            and self.shared_bytes <= limits.shared_bytes
            and max(self.grid) <= limits.workgroups
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What one file of `families/` exports. Every shape that its functions get is of `kind`."""

    kind: type[Struct]
    """What says all about one problem; its tag is the family's id."""
    choices: Callable[[Any], Sequence[Choice]]
    """The best guesses first; without those that cannot suit the shape."""
    shader: Callable[[Any, Choice], Shader]
    buffers: Callable[[Any], tuple[int, ...]]
    """Bytes of each buffer; the last one is written, the others are read."""
    reference: Callable[[Any, Arrays], NDArray[np.float64]]
    """What it must give for these inputs, flat, by numpy."""
    words: Callable[[Any], str]
    """What is computed, in a few words."""
    operand: Callable[[Any, int, NDArray[np.float32]], NDArray[np.float32]] = lambda _shape, _at, values: (
        values
    )
    """Normal numbers as values that its function is defined for."""

    @property
    def id(self) -> str:
        """As the tag of its shapes."""
        return str(self.kind.__struct_config__.tag)


def tried(family: Family, shape: Struct, limits: Limits) -> tuple[Choice, ...]:
    """The choices that this adapter takes, ten at the most; none for buffers that it does not bind."""
    if max(family.buffers(shape)) > limits.binding_bytes:
        return ()
    fitting = (one for one in family.choices(shape) if family.shader(shape, one).fits(limits))
    return tuple(one for one, _ in zip(fitting, range(MOST), strict=False))


def covering(size: int, part: int) -> int:
    """So many parts reach to the end."""
    return -(-size // part)


def bound(names: Sequence[tuple[str, bool]]) -> str:
    """Declarations of the buffers: names, and whether they hold fours; the last one is written."""
    lines = []
    for at, (name, fours) in enumerate(names):
        access = "read_write" if at == len(names) - 1 else "read"
        kind = "vec4f" if fours else "f32"
        lines.append(f"@group(0) @binding({at}) var<storage, {access}> {name}: array<{kind}>;")
    return "\n".join(lines)
