"""How fast this machine's cores are at this moment, by a fixed piece of work on each of them.

A neighbour on the same processor takes a core's units or its clock away, and heat takes its clock: runs take
up to half as long again then, for seconds, and no counter of the system shows it. Interpreted code takes 1.6
to 1.9 times as long there where a float32 product takes 1.3 (measured: a virtual machine with 2 cores of an
EPYC, each in one of two states, and hardly ever between them).
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_STEPS = range(6000)
_FIRST = 8
"""Rounds of the work before any is timed: the interpreter specialises what it runs often."""
_TRIES = 2
"""Of which the faster counts: an interrupt is no neighbour."""
MOST_CORES = 8
"""Of more than that nobody knows where a model will run: they are not looked at."""
LOOK_S = 0.03
"""Between two looks, each of half a ms for every core."""
_CPU = Path("/sys/devices/system/cpu")
_KIND = ("cpu_capacity", "cpufreq/cpuinfo_max_freq")


def cores() -> tuple[int, ...]:
    """Those this process may use, in order; empty where they are too many, or nobody may choose."""
    if not hasattr(os, "sched_setaffinity"):
        return ()
    allowed = os.sched_getaffinity(0)
    return tuple(sorted(allowed)) if len(allowed) <= MOST_CORES else ()


def accustomed() -> None:
    """Once in a process, before the first look."""
    for _ in range(_FIRST):
        _work()


def work_us(*, last: int | None = None) -> tuple[float, ...]:
    """CPU time that the work takes now, us, on each of `cores()`; of waiting for a core nothing is in it.

    Whoever looks was on each of them, at last on the one at place `last`: there the system leaves a thread
    until something else wants that core.
    """
    usable = cores()
    found = []
    with _anywhere_again():
        for core in usable:
            os.sched_setaffinity(0, {core})
            found.append(min(_timed_us() for _ in range(_TRIES)))
        if last is not None:
            os.sched_setaffinity(0, {usable[last]})
    return tuple(found)


def fastest_us(looked_s: float) -> tuple[float, ...]:
    """Of as many looks as fit, for a run that knows nothing of its cores yet."""
    accustomed()
    until, found = time.monotonic() + looked_s, work_us()
    while time.monotonic() < until:
        time.sleep(LOOK_S)
        found = fewest(found, work_us())
    return found


def fewest(some: Sequence[float], others: Sequence[float]) -> tuple[float, ...]:
    """The smaller of both for each core, or for one that is its equal: what one of a kind can do, all can."""
    kinds = [_kind(core) for core in cores()]
    least = list(map(min, some, others))
    return tuple(min(us for us, other in zip(least, kinds, strict=True) if other == kind) for kind in kinds)


def core_of(pid: int, tid: int) -> int | None:
    """The place in `cores()` of the one that a thread runs on, or ran on last; None where nobody says."""
    try:
        fields = Path(f"/proc/{pid}/task/{tid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return cores().index(int(fields[36]))
    except (OSError, ValueError, IndexError):
        return None


def _kind(core: int) -> tuple[str, ...]:
    """Equal for cores that are built alike; where the system says nothing, each is a kind of its own."""
    told = tuple(_read(_CPU / f"cpu{core}" / name) for name in _KIND)
    return told if any(told) else (str(core),)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _work() -> int:
    total = 0
    for step in _STEPS:
        total += step * step
    return total


def _timed_us() -> float:
    began_ns = time.thread_time_ns()
    _work()
    return (time.thread_time_ns() - began_ns) / 1e3


@contextmanager
def _anywhere_again() -> Iterator[None]:
    """A thread's own choice of a core ends here, and its system's begins."""
    allowed = os.sched_getaffinity(0) if cores() else None
    try:
        yield
    finally:
        if allowed is not None:
            os.sched_setaffinity(0, allowed)
