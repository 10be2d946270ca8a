"""How fast this machine's cores are at this moment, by a fixed piece of work on each of them.

A neighbour on the same processor takes a core's units or its clock away, and heat takes its clock: runs take
up to half as long again then, for seconds, and no counter of the system shows it. Looking every byte up in
a table takes 1.65 to 1.95 times as long there, where a float32 product takes 1.3 (measured: a virtual machine
with 2 cores of an EPYC, each in one of two states, and hardly ever between them).

The work is one loop of compiled code without a stack: interpreted code takes 1.55 times as long in a launch
whose stack lies badly, and would be compared with another launch's (measured).
"""

import math
import os
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from gapprof.facts.disturbance import SLOWER

_BYTES, _APART, _REPEATS = 16 * 1024, 1360, 12
_TABLE = bytes(reversed(range(256)))
_BUFFERS = tuple(bytes(_BYTES + place * _APART)[:_BYTES] for place in range(3))
"""The one that is fastest counts: a buffer that lies a multiple of 4 KiB beside what is made of it is no
neighbour."""
_BESIDE = 15
"""Looks while all other cores are busy: long enough for a neighbour to rest."""
_TRIALS, _OURS = 12, 3
"""Of half a second each, mostly one; by chance alone fewer than one run in a hundred sees three such."""
_MIXED_BYTES = 4 << 20
MOST_CORES = 8
"""Of more than that nobody knows where a model will run: they are not looked at."""
LOOK_S = 0.1
"""Between two looks."""
_LOOKED_S = 0.02
"""At all cores together, besides what their clocks take to rise: a neighbour that comes and goes is at work
for 1 to 10 ms at a time, for seconds (measured), and between two such times every core is fast."""
_MOSTLY = 7 / 8
"""Of what was looked at counts what took no longer."""
_RISES_S = 0.02
"""How long a clock that rested may take to rise; who looks at a core sees it resting, a model never does."""
_CPU = Path("/sys/devices/system/cpu")
_KIND = ("cpu_capacity", "cpufreq/cpuinfo_max_freq")


def cores() -> tuple[int, ...]:
    """Those this process may use, in order; empty where they are too many, or nobody may choose."""
    if not hasattr(os, "sched_setaffinity"):
        return ()
    try:
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, allowed)
    except OSError:  # a sandbox without that call
        return ()
    return tuple(sorted(allowed)) if len(allowed) <= MOST_CORES else ()


def work_us(enough_us: Sequence[float] = (), *, last: int | None = None) -> tuple[float, ...]:
    """How long the work takes now, us, on each of `cores()`: no longer in seven of eight pieces, those in
    which somebody else had the core left out.

    `enough_us`: as few as make it sure for each core that its clock has risen; where it never takes so few,
    and where none are given, there is time for the clock to. Whoever looks was on each core, at last on the
    one at place `last`, or on its own again: there the system leaves a thread until something else wants that
    core, and a thread beside a helper that is pinned there waits for it instead (measured: for seconds).
    Empty where a core goes offline meanwhile, or is taken from this process.
    """
    last = core_of(os.getpid(), threading.get_native_id()) if last is None else last
    usable, enough, found = cores(), dict(enumerate(enough_us)), []
    with anywhere_again():
        try:
            for place, core in enumerate(usable):
                os.sched_setaffinity(0, {core})
                found.append(_mostly_us(enough.get(place, 0.0), _LOOKED_S / len(usable)))
            if last is not None and last < len(usable):
                os.sched_setaffinity(0, {usable[last]})
        except OSError:
            return ()
    return tuple(found)


def fastest_us(looked_s: float) -> tuple[float, ...]:
    """Of as many looks as fit, for a run that knows nothing of its cores yet.

    Empty where they are not to be looked at, and where they slow one another down (two are one core's, or all
    share a clock that falls): no look could tell our own work from a neighbour's.
    """
    until, found = time.monotonic() + looked_s, work_us()
    while found and time.monotonic() < until:
        found = fewest(found, work_us())
    return () if found and _slow_one_another(SLOWER * found[0]) else found


def _slow_one_another(slow_us: float) -> bool:
    """Slow beside our own work, time and again, and fast without it. Who is slow in both has a neighbour, and
    says nothing; where that never ends, nobody knows."""
    ours = 0
    for _ in range(_TRIALS):
        beside_us = busy_beside_us()
        if beside_us is None:
            break
        if beside_us <= slow_us:
            return False
        ours += min(work_us()[:1], default=math.inf) <= slow_us
        if ours == _OURS:
            break
    return True


def busy_beside_us() -> float | None:
    """The work on the first core while all the others are busy; None where none may be chosen, or one is
    gone."""
    usable, mixed, over = cores(), os.urandom(_MIXED_BYTES), threading.Event()
    if not usable:
        return None
    busy = [threading.Thread(target=_keep_busy, args=(core, mixed, over)) for core in usable[1:]]
    for one in busy:
        one.start()
    try:
        with anywhere_again():
            os.sched_setaffinity(0, {usable[0]})
            found_us = min(_fewest_us(0.0) for _ in range(_BESIDE))
        return None if over.is_set() else found_us
    except OSError:
        return None
    finally:
        over.set()
        for one in busy:
            one.join()


def _keep_busy(core: int, mixed: bytes, over: threading.Event) -> None:
    """A call takes a tenth of a second and more, and gives the interpreter's lock back for as long. Where
    that core is gone, all is over."""
    try:
        os.sched_setaffinity(0, {core})
    except OSError:
        over.set()
    while not over.is_set():
        zlib.compress(mixed)


def fewest(some: Sequence[float], others: Sequence[float]) -> tuple[float, ...]:
    """The smaller of both for each core, or for one that is its equal: what one of a kind can do, all can."""
    least = list(map(min, some, others))
    kinds = [_kind(core) for core in cores()]
    if len(kinds) != len(least):  # other cores than those that were looked at
        return tuple(least)
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


def _mostly_us(enough_us: float, looked_s: float) -> float:
    """By the buffer that lies best, once the clock has risen."""
    took_us = [_fewest_us(enough_us)]
    buffer, until = min(_BUFFERS, key=_timed_us), time.monotonic() + looked_s
    while time.monotonic() < until:
        before = _interruptions()
        us = _timed_us(buffer)
        if _interruptions() == before:
            took_us.append(us)
    return sorted(took_us)[int(_MOSTLY * (len(took_us) - 1))]


def _interruptions() -> int:
    """How often this thread was sent off its core so far: what took longer for that says nothing of it."""
    import resource

    return resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw


def _fewest_us(enough_us: float) -> float:
    until = time.monotonic() + _RISES_S
    found_us = min(map(_timed_us, _BUFFERS))
    while found_us > enough_us and time.monotonic() < until:
        found_us = min(found_us, *map(_timed_us, _BUFFERS))
    return found_us


def _timed_us(buffer: bytes) -> float:
    """By the wall's clock: who was sent off the core has taken longer, while a CPU time may lack what a
    hypervisor took (70 us were seen of a piece that takes 97)."""
    began_ns = time.perf_counter_ns()
    for _ in range(_REPEATS):
        buffer.translate(_TABLE)
    return (time.perf_counter_ns() - began_ns) / 1e3


@contextmanager
def anywhere_again() -> Iterator[None]:
    """A thread's own choice of a core ends here, and its system's begins; where all those cores are gone, the
    system has chosen others already."""
    allowed = os.sched_getaffinity(0) if cores() else None
    try:
        yield
    finally:
        if allowed is not None:
            with suppress(OSError):
                os.sched_setaffinity(0, allowed)
