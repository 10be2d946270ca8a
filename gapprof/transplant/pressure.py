"""How many vectors a function needs at once where it is hot: beyond its registers, an engine goes to memory.

Read off the function's own SSA form, in the order in which the wasm computes: V8 keeps that order, while LLVM
escapes by other ones and by folding loads.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gapprof.kernels.llvm.binding import binding
from gapprof.transplant.blocks import LOOP
from gapprof.transplant.writer import TYPES

VECTOR_REGISTERS = {"x86_64": 15}
"""Machine → what V8 gives out: xmm15 is its own, and tiles that need 16 run at half the speed of native ones
(measured with products of 3x8 to 7x8). On other machines nobody has measured it."""
_SCALARS = frozenset({TYPES["f32"], TYPES["f64"]})
"""Floats live in vector registers too."""

Names = frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """What liveness asks of a basic block."""

    steps: tuple[tuple[str, Names], ...]
    """In order: the vector that an instruction gives (empty: none), and those it takes. Without phis."""
    begins_with: Names
    """Vectors that phis give."""
    hands_on: Mapping[str, Names]
    """Following block → vectors that its phis take from here."""


def vectors_at_once(text: str, function: int) -> int:
    """The most, over its innermost loops; 0 where none of them holds a vector or a float.

    `text` is LLVM IR of `transplant`. Raises EnvironmentUnusable where there is no llvmlite.
    """
    module = _promoted(text)
    blocks = _blocks(module.get_function(f"f{function}"))
    live_out = _live_out(blocks)
    inner = {name for loop in _innermost(blocks) for name in loop}
    return max((_most(blocks[name], live_out[name]) for name in inner), default=0)


def _promoted(text: str) -> Any:
    """As a module in SSA form and nothing else done to it."""
    llvm = binding()
    module = llvm.parse_assembly(text)
    machine = llvm.Target.from_default_triple().create_target_machine()
    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=0)))
    return module


def _blocks(function: Any) -> dict[str, _Block]:
    """By name, those that are reached; blocks without a name are never branched to."""
    every = {block.name: list(block.instructions) for block in function.blocks if block.name}
    following = {name: _targets(instructions) for name, instructions in every.items()}
    seen = _reached(next(iter(every)), following)
    reached = [name for name in every if name in seen]
    same: dict[str, str] = {}
    handed: dict[str, dict[str, set[str]]] = {name: {} for name in reached}
    steps: dict[str, list[tuple[str, Names]]] = {name: [] for name in reached}
    begins: dict[str, set[str]] = {name: set() for name in reached}
    for name in reached:
        for one in every[name]:
            given = one.name if _in_vectors(one) else ""
            if one.opcode == "phi":
                if given:
                    begins[name].add(given)
                    for source, value in zip(one.incoming_blocks, one.operands, strict=True):
                        if source.name in seen and value.name:
                            handed[source.name].setdefault(name, set()).add(value.name)
            elif given and one.opcode == "bitcast" and all(map(_in_vectors, one.operands)):
                same[given] = next(iter(one.operands)).name
            else:
                taken = frozenset(value.name for value in one.operands if value.name and _in_vectors(value))
                steps[name].append((given, taken))

    def origin(value: str) -> str:
        while value in same:
            value = same[value]
        return value

    return {
        name: _Block(
            steps=tuple((origin(given), frozenset(map(origin, taken))) for given, taken in steps[name]),
            begins_with=frozenset(begins[name]),
            hands_on={
                target: frozenset(map(origin, handed[name].get(target, ())))
                for target in following[name]
                if target in seen
            },
        )
        for name in reached
    }


def _targets(instructions: Sequence[Any]) -> tuple[str, ...]:
    """Where a block goes on."""
    if not instructions:
        return ()
    return tuple(one.name for one in instructions[-1].operands if str(one.type) == "label")


def _in_vectors(value: Any) -> bool:
    kind = str(value.type)
    return kind.startswith("<") or kind in _SCALARS


def _reached(entry: str, following: Mapping[str, Sequence[str]], without: str = "") -> set[str]:
    seen, waiting = {entry}, deque([entry])
    while waiting:
        for target in following[waiting.popleft()]:
            if target not in seen and target != without:
                seen.add(target)
                waiting.append(target)
    return seen


def _live_out(blocks: Mapping[str, _Block]) -> dict[str, Names]:
    """Backwards until nothing changes."""
    before: dict[str, Names] = {name: frozenset() for name in blocks}
    after = dict(before)
    changed = True
    while changed:
        changed = False
        for name in reversed(list(blocks)):
            block = blocks[name]
            after[name] = frozenset().union(
                *(
                    (before[target] - blocks[target].begins_with) | handed
                    for target, handed in block.hands_on.items()
                )
            )
            *_, live = (after[name], *_live(block, after[name]))
            if live | block.begins_with != before[name]:
                before[name], changed = live | block.begins_with, True
    return after


def _live(block: _Block, after: Names) -> Iterator[Names]:
    """What is alive before each instruction, from the last to the first."""
    live = after
    for given, taken in reversed(block.steps):
        live = (live - {given}) | taken
        yield live


def _most(block: _Block, after: Names) -> int:
    """What an instruction gives needs a register as well, but may take that of a value that ends with it."""
    most, live = len(after), after
    for (given, _), before in zip(reversed(block.steps), _live(block, after), strict=True):
        most = max(most, len(live | {given} - {""}), len(before))
        live = before
    return most


def _innermost(blocks: Mapping[str, _Block]) -> Iterator[set[str]]:
    """Natural loops that hold no other: a loop of wasm begins at its label, and at no other place."""
    following = {name: tuple(block.hands_on) for name, block in blocks.items()}
    leading: dict[str, list[str]] = {name: [] for name in blocks}
    for name, targets in following.items():
        for target in targets:
            leading[target].append(name)
    entry = next(iter(blocks))
    headers = [name for name in blocks if name.startswith(LOOP)]
    for header in headers:
        around = _reached(entry, following, without=header)
        goes_back = [name for name in leading[header] if name not in around]
        loop, waiting = {header}, list(goes_back)
        while waiting:
            name = waiting.pop()
            if name not in loop:
                loop.add(name)
                waiting += leading[name]
        if goes_back and not any(other in loop for other in headers if other != header):
            yield loop
