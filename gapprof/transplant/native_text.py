"""A function of a module and all that it calls, as one LLVM module that can repeat recorded calls."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gapprof.kernels.llvm.repeater import repeater
from gapprof.transplant.body import Body, Surroundings
from gapprof.transplant.lower import lowered
from gapprof.transplant.rows import SLOT_BYTES, row_of
from gapprof.transplant.values import kinds, only_result
from gapprof.transplant.writer import TYPES
from gapprof.wasm.elements import functions_in_table
from gapprof.wasm.globals import globals_of
from gapprof.wasm.module import Module

MOST_FUNCTIONS = 32
"""Of one transplant, beside those that are asked for; what is called beyond them ends it."""
REPEAT = "repeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transplant:
    """LLVM IR of some functions."""

    text: str
    functions: tuple[int, ...]
    """The one that is repeated first, then those that it calls, directly or not."""
    ends: tuple[str, ...]
    """Where natively no call may come: it would end the process."""
    fused: bool
    """Whether any of it multiplies and adds in one instruction."""


def transplant(
    module: Module,
    function: int,
    *,
    machine: str,
    attributes: Mapping[str, str],
    also: Collection[int] = (),
    places: Collection[int] = (),
    most: int = MOST_FUNCTIONS,
) -> Transplant:
    """With `also` and the functions at those places of the table, whatever calls them.

    Raises ValueError for a function that cannot be called natively, with the reason.
    """
    row_of(module.type_of(function))
    table = {place: functions_in_table(module)[place] for place in places}
    chosen = list(dict.fromkeys((function, *also, *table.values())))

    def followed(called: int) -> bool:
        if called in chosen:
            return True
        if called < module.imported_functions or len(chosen) >= most:
            return False
        chosen.append(called)
        return True

    around = Surroundings(
        module=module,
        globals=globals_of(module),
        machine=machine,
        attributes=attributes,
        followed=followed,
        table=table,
    )
    bodies: list[Body] = []
    while len(bodies) < len(chosen):  # lowering one finds what it calls
        bodies.append(lowered(around, chosen[len(bodies)]))
    declared = dict.fromkeys(line for body in bodies for line in body.declared)
    texts = (*declared, *(body.text for body in bodies), _repeater(module, function))
    return Transplant(
        text="\n".join(texts),
        functions=tuple(chosen),
        ends=tuple(dict.fromkeys(end for body in bodies for end in body.ends)),
        fused=any(body.fused for body in bodies),
    )


def _repeater(module: Module, function: int) -> str:
    """A function that calls it `count` times, row by row; a result goes into the last slot of its row."""
    called = module.type_of(function)
    row, result = row_of(called), only_result(called)
    lines, passed = [], ["ptr %memory", "ptr %globals"]
    for number, kind in enumerate(kinds(called.parameters)):
        lines.append(f"%a{number} = getelementptr i8, ptr %row, i64 {SLOT_BYTES * number}")
        lines.append(f"%v{number} = load {TYPES[kind]}, ptr %a{number}")
        passed.append(f"{TYPES[kind]} %v{number}")
    call = f"call {result} @f{function}({', '.join(passed)})"
    if result != "void":
        lines.append(f"%given = {call}")
        lines.append(f"%place = getelementptr i8, ptr %row, i64 {SLOT_BYTES * len(row.parameters)}")
        lines.append(f"store {result} %given, ptr %place")
    else:
        lines.append(call)
    return repeater(
        REPEAT, row_bytes=row.size_bytes, body="\n".join(lines), given=", ptr %memory, ptr %globals"
    )
