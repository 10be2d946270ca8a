"""What a function's body needs to know of what is around it, and what comes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gapprof.wasm.globals import Global
from gapprof.wasm.module import Module

GLOBAL_BYTES = 16
"""Every global has so many from `%globals` on; behind the last one stands how many pages memory has, and
behind that, what was wanted where it ended: what it is, and its number."""
FUNCTION, PLACE, OTHER = 1, 2, 3
"""What may be wanted: a function that was not followed, one in the table, or anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a body needs to know of its module and its machine."""

    module: Module
    globals: tuple[Global, ...]
    machine: str
    attributes: Mapping[str, str]
    followed: Callable[[int], bool]
    """Whether a function that is called has native code, too."""
    table: Mapping[int, int]
    """Place in the module's table → function, of those that are followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The text of one function, and what it declares."""

    text: str
    declared: tuple[str, ...]
    ends: tuple[str, ...]
    """Where it cannot be followed: instructions, each once."""
    fused: bool
    """Whether it multiplies and adds in one instruction."""
