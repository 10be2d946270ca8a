"""How long threads of the page are blocked, which no kernel sums up: their states, every millisecond.

For traced passes alone: looking costs a twentieth of a core, which no timed run is to pay.

Looks must come on time. Whoever waits for a core that the thread under watch has looks at it when it lets go
of that core: then it seems blocked where it ran, by up to 4 % of all time (measured, one core of two busy).
"""

import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gapprof.browser.crew import Crew, Role
from gapprof.proc import one_thread
from gapprof.records.trial import ThreadBalance, ThreadUse

PERIOD_S = 0.001
_ON_TIME_S = 2 * PERIOD_S
_COULD_RUN = b"R"
"""On a CPU, or in the queue for one."""
_MOST_BYTES = 512
_MODELS = ("inference", "pool")
_TRIES = 20


@dataclass(slots=True, kw_only=True)
class Watched:
    """What became of each thread; complete when the watch is over. Empty where there is no /proc."""

    balances: tuple[ThreadBalance, ...] = ()


@contextmanager
def watched(crew: Crew) -> Iterator[Watched]:
    """Look at the model's threads until the block ends."""
    found, over = Watched(), threading.Event()
    roles = {tid: role for tid, role in crew.roles.items() if role in _MODELS}
    if crew.renderer is None or not roles:
        yield found
        return
    watching = threading.Thread(target=_watch, args=(crew.renderer, roles, over, found), daemon=True)
    watching.start()
    try:
        yield found
    finally:
        over.set()
        watching.join()


@dataclass(slots=True, kw_only=True)
class _Thread:
    """One thread under watch."""

    role: Role
    state: int
    """File descriptor."""
    could_run: bool
    blocked_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """The kernel's sums of each thread that is there, all read at one moment."""

    at_s: float
    uses: Mapping[int, ThreadUse]


def _watch(pid: int, roles: Mapping[int, Role], over: threading.Event, found: Watched) -> None:
    """Each look stands for half of the time since the last one and half of that until the next."""
    with ExitStack() as files:
        threads: dict[int, _Thread] = {}
        for tid, role in roles.items():
            with suppress(OSError):  # it ended under our eyes
                state = os.open(Path(f"/proc/{pid}/task/{tid}/stat"), os.O_RDONLY)
                files.callback(os.close, state)
                threads[tid] = _Thread(role=role, state=state, could_run=False)
        _ahead_of_others()
        began = _summed(pid, threads)
        last_s, looks, late_s = began.at_s, 0, 0.0
        _look(threads, 0.0)
        while not over.is_set():
            time.sleep(PERIOD_S)
            now_s = time.perf_counter()
            _look(threads, now_s - last_s)
            late_s += max(0.0, now_s - last_s - _ON_TIME_S)
            last_s, looks = now_s, looks + 1
        ended = _summed(pid, threads)
        _look(threads, ended.at_s - last_s)
        late_s += max(0.0, ended.at_s - last_s - _ON_TIME_S)
        found.balances = tuple(
            ThreadBalance(
                thread=ended.uses[tid].thread,
                role=thread.role,
                wall_ms=(ended.at_s - began.at_s) * 1e3,
                cpu_ms=ended.uses[tid].cpu_ms - began.uses[tid].cpu_ms,
                run_queue_ms=ended.uses[tid].run_queue_ms - began.uses[tid].run_queue_ms,
                blocked_ms=thread.blocked_s * 1e3,
                looks=looks,
                late_ms=late_s * 1e3,
            )
            for tid, thread in threads.items()
            if tid in began.uses and tid in ended.uses
        )


def _ahead_of_others() -> None:
    """Of the calling thread alone; where that is not allowed, it takes its turn."""
    least = os.sched_param(os.sched_get_priority_min(os.SCHED_FIFO))
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, least)


def _summed(pid: int, threads: Iterable[int]) -> _Sums:
    """Read again where the reader itself was held up in between."""
    for _ in range(_TRIES):
        at_s = time.perf_counter()
        uses = {tid: use for tid in threads if (use := one_thread(pid, tid, "renderer")) is not None}
        if time.perf_counter() - at_s < PERIOD_S:
            break
    return _Sums(at_s=at_s, uses=uses)


def _look(threads: dict[int, _Thread], since_s: float) -> None:
    """At all threads; those that are gone are watched no longer."""
    for tid, thread in list(threads.items()):
        could_run = _could_run(thread.state)
        if could_run is None:
            del threads[tid]
            continue
        thread.blocked_s += since_s / 2 * ((not thread.could_run) + (not could_run))
        thread.could_run = could_run


def _could_run(state: int) -> bool | None:
    """None for a thread that is gone. Its name, in parentheses, may hold anything."""
    try:
        words = os.pread(state, _MOST_BYTES, 0)
    except OSError:
        return None
    return words.rpartition(b")")[2].split()[:1] == [_COULD_RUN]
