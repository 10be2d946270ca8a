"""Which functions recorded calls come to: natively each that is missed ends a process, and says its number.

What a call through the table leads to stands in memory, so only running it tells.
"""

import os
import signal
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gapprof.subject import child
from gapprof.subject.unanswered import unanswered
from gapprof.transplant.body import FUNCTION, PLACE
from gapprof.transplant.native_case import NativeCase, Ready
from gapprof.transplant.pressure import vectors_at_once
from gapprof.wasm.elements import functions_in_table
from gapprof.wasm.module import Module, parsed

_MODULE = "gapprof.transplant.discovery"
_MOST_TRIES = 100
_PASS_S = 20
"""Within which calls have to come to their end; they take milliseconds."""


class Asked(Struct, frozen=True, kw_only=True):
    """What the process gets."""

    module: str
    case: NativeCase


class Found(Struct, frozen=True, kw_only=True):
    """What the calls come to, and what they leave in memory and rows; or why they cannot be followed."""

    case: NativeCase
    functions: tuple[int, ...] = ()
    """That its native code is made of."""
    sha256: str = ""
    """After two passes."""
    goes_on: bool = False
    """Whether the second one left other bytes than the first."""
    vectors_at_once: int = 0
    """That its innermost loops keep alive."""
    why: str = ""


def discovered(module: Path, case: NativeCase, *, scratch: Path, deadline_s: float) -> Found:
    """In a process of its own."""
    asked = msgspec.to_builtins(Asked(module=str(module), case=case))
    outcome = child.ask(_MODULE, asked, scratch=scratch, deadline_s=deadline_s)
    if isinstance(outcome, child.Answered):
        return msgspec.convert(outcome.value, Found)
    return Found(case=case, why=unanswered(outcome, "its native code"))


def _discovered(request: dict[str, Any]) -> dict[str, Any]:
    asked = msgspec.convert(request, Asked)
    module, case = parsed(Path(asked.module).read_bytes()), asked.case
    for _ in range(_MOST_TRIES):
        ready = Ready(module, case)
        ended = _ended(ready)
        if ended == 0:
            return _told(
                Found(
                    case=case,
                    functions=ready.functions,
                    sha256=ready.digest(),
                    goes_on=ready.goes_on(),
                    vectors_at_once=vectors_at_once(ready.text, case.function),
                )
            )
        more, why = _missed(module, case, ready.wanted, ended)
        if more is None:
            return _told(Found(case=case, why=why))
        case = more
    return _told(Found(case=case, why="it comes to too many functions"))


def _missed(
    module: Module, case: NativeCase, wanted: tuple[int, int], ended: int
) -> tuple[NativeCase | None, str]:
    """The case with one more function; or why there is none to be had."""
    what, number = wanted
    place = number if what == PLACE else None
    function = functions_in_table(module).get(number, -1) if what == PLACE else number
    if what not in (FUNCTION, PLACE) or ended not in (signal.SIGILL, signal.SIGTRAP):
        return None, f"its native code ended with signal {ended}"
    if function < module.imported_functions:
        return None, "its calls leave the module"
    if number in (case.places if what == PLACE else case.also):
        return None, f"it comes to function {function} in a way that is not followed"
    if place is not None:
        return replace(case, places=(*case.places, place)), ""
    return replace(case, also=(*case.also, function)), ""


def _ended(ready: Ready) -> int:
    """The signal that ends a pass; 0: it comes to its end."""
    if not hasattr(os, "fork"):
        ready.once()
        return 0
    process = os.fork()
    if process == 0:
        child.killed_with_parent()
        signal.alarm(_PASS_S)
        ready.once()
        os._exit(0)
    _, status = os.waitpid(process, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def _told(found: Found) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(found)
    return told


if __name__ == "__main__":
    child.serve(_discovered)
