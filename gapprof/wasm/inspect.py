"""Which vector and atomic instructions a module holds, and how many of each. Pure.

A module of onnxruntime-web has six million instructions, of which nearly all are of no interest here: a
regular expression passes over runs of those, and only what is left is decoded.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from gapprof.wasm.instructions import instructions
from gapprof.wasm.module import MEMORY, Module, local_types

_NUMBER = rb"[\x80-\xff]*+[\x00-\x7f]"
_UNINTERESTING = re.compile(
    rb"(?:"
    rb"[\x00\x01\x05\x0a\x0b\x0f\x19-\x1b\x45-\xc4\xd1]"  # nothing follows
    rb"|[\x02-\x04\x06][\x63\x64]?+" + _NUMBER + rb""  # blocks; two numbers for types of references
    rb"|[\x07-\x09\x0c\x0d\x10\x12\x14\x15\x18\x20-\x26\x3f-\x42\xd0\xd2]" + _NUMBER + rb""
    rb"|[\x11\x13]" + _NUMBER + _NUMBER + rb""
    rb"|[\x28-\x3e][\x00-\x3f]" + _NUMBER + rb""
    rb"|[\x28-\x3e][\x40-\x7f]" + _NUMBER + _NUMBER + rb""
    rb"|\x43.{4}|\x44.{8}"
    rb"|\xfc[\x00-\x07]"
    rb"|\xfc[\x09\x0b\x0d\x0f-\x11]" + _NUMBER + rb""
    rb"|\xfc[\x08\x0a\x0c\x0e]" + _NUMBER + _NUMBER + rb""
    rb")*+",
    re.DOTALL,
)
"""Core Specification 3.0, section 5.4. What it leaves: jump tables, typed selects, `try_table`, vectors,
atomics."""
_SHARED = 2
_VECTOR, _ATOMIC = 0xFD, 0xFE
_LOOP = "loop"
_OPENING = frozenset({"block", _LOOP, "if", "try", "try_table"})
_CLOSING = frozenset({"end", "delegate"})
_MOVING = frozenset({"memory.copy", "memory.fill"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What a module is made of."""

    functions: int
    """Its own."""
    instructions: Mapping[str, int]
    """Vector and atomic ones, as in the text format, by how often they stand in it."""
    shared_memory: bool


def inspected(module: Module) -> Inspection:
    """Raises ValueError for instructions that nobody knows."""
    found: Counter[str] = Counter()
    for body in module.bodies:
        _, at = local_types(body)
        while (at := _passed(body, at)) < len(body):
            one = next(instructions(body, at))
            at = one.end
            if body[one.at] in (_VECTOR, _ATOMIC):
                found[one.name] += 1
    return Inspection(
        functions=len(module.bodies),
        instructions=dict(sorted(found.items())),
        shared_memory=_shares_memory(module),
    )


def vectors_in_loops(body: memoryview) -> int | None:
    """Vector instructions, and such as move whole blocks of memory, in loops that hold no other loop.

    None for a body without loops. Raises ValueError for instructions that nobody knows.
    """
    total, loops, open_blocks = 0, 0, list[_Open]()
    _, at = local_types(body)
    for one in instructions(body, at):
        if one.name in _OPENING:
            open_blocks.append(_Open(loop=one.name == _LOOP))
        elif one.name in _CLOSING and open_blocks:
            closed = open_blocks.pop()
            loops += closed.loop
            if closed.loop and closed.innermost:
                total += closed.vectors
            if open_blocks:
                around = open_blocks[-1]
                around.vectors += closed.vectors
                around.innermost = around.innermost and closed.innermost and not closed.loop
        elif open_blocks and (body[one.at] == _VECTOR or one.name in _MOVING):
            open_blocks[-1].vectors += 1
    return total if loops else None


@dataclass(slots=True)
class _Open:
    """A block that has not ended yet."""

    loop: bool
    vectors: int = 0
    innermost: bool = True
    """Whether it has held no loop so far."""


def _passed(body: memoryview, at: int) -> int:
    found = _UNINTERESTING.match(body, at)
    return found.end() if found else at


def _shares_memory(module: Module) -> bool:
    imported = any(one.shared for one in module.imports)
    own = module.contents(MEMORY)
    return imported or (len(own) > 1 and own[0] > 0 and bool(own[1] & _SHARED))
