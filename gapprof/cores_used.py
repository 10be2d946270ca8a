"""Which cores threads were on between two moments, by what the system says of each at both.

For stretches of a quarter or half of a second, as a page's are; a native piece of a tenth of that is on the
cores that its thread is seen on before and after it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from gapprof.core_speed import core_of, cores


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Of threads at one moment."""

    places: Mapping[int, int]
    """Thread id → place in `cores()`; none for a thread of which nobody says it."""
    moves: Mapping[int, int]
    """Thread id → how often it was moved to another core so far; none where the system does not count."""


def whereabouts(pid: int, tids: Collection[int]) -> Whereabouts:
    """Of these threads of a process, now."""
    places = ((tid, core_of(pid, tid)) for tid in tids)
    moves = ((tid, _moves(pid, tid)) for tid in tids)
    return Whereabouts(
        places={tid: place for tid, place in places if place is not None},
        moves={tid: count for tid, count in moves if count is not None},
    )


def used_between(first: Whereabouts, last: Whereabouts) -> tuple[int, ...]:
    """Places of the cores that they were on; all where one was moved meanwhile: nobody says where to.

    Empty where nobody says anything.
    """
    if any(first.moves.get(tid, count) != count for tid, count in last.moves.items()):
        return tuple(range(len(cores())))
    return tuple(sorted({*first.places.values(), *last.places.values()}))


def _moves(pid: int, tid: int) -> int | None:
    """Kernels tell it only where they were built to."""
    try:
        told = Path(f"/proc/{pid}/task/{tid}/sched").read_text(encoding="utf-8")
        (line,) = (one for one in told.splitlines() if one.startswith("se.nr_migrations"))
        return int(line.rpartition(":")[2])
    except (OSError, ValueError):
        return None
