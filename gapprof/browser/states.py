"""How long threads of the page are blocked, which no kernel sums up: their states, every millisecond.

For traced passes alone: looking costs a twentieth of a core, which no timed run is to pay.
"""

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gapprof.browser.crew import Crew, Role
from gapprof.proc import one_thread
from gapprof.records.trial import ThreadBalance, ThreadUse

PERIOD_S = 0.001
_COULD_RUN = b"R"
"""On a CPU, or in the queue for one."""
_MOST_BYTES = 512
_MODELS = ("inference", "pool")


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
    began: ThreadUse
    could_run: bool
    blocked_s: float = 0.0
    looks: int = field(default=0)


def _watch(pid: int, roles: Mapping[int, Role], over: threading.Event, found: Watched) -> None:
    """Each look stands for half of the time since the last one and half of that until the next."""
    with ExitStack() as files:
        began_s = last_s = time.perf_counter()
        threads: dict[int, _Thread] = {}
        for tid, role in roles.items():
            try:
                state = os.open(Path(f"/proc/{pid}/task/{tid}/stat"), os.O_RDONLY)
            except OSError:
                continue  # it ended under our eyes
            files.callback(os.close, state)
            use, could_run = one_thread(pid, tid, "renderer"), _could_run(state)
            if use is not None and could_run is not None:
                threads[tid] = _Thread(role=role, state=state, began=use, could_run=could_run)
        while not over.is_set():
            time.sleep(PERIOD_S)
            now_s = time.perf_counter()
            for tid, thread in list(threads.items()):
                could_run = _could_run(thread.state)
                if could_run is None:
                    del threads[tid]
                    continue
                half_s = (now_s - last_s) / 2
                thread.blocked_s += half_s * ((not thread.could_run) + (not could_run))
                thread.could_run, thread.looks = could_run, thread.looks + 1
            last_s = now_s
        ended = {tid: one_thread(pid, tid, "renderer") for tid in threads}
        found.balances = tuple(
            _balance(thread, use, (last_s - began_s) * 1e3)
            for tid, thread in threads.items()
            if (use := ended[tid]) is not None
        )


def _balance(thread: _Thread, ended: ThreadUse, wall_ms: float) -> ThreadBalance:
    return ThreadBalance(
        thread=ended.thread,
        role=thread.role,
        wall_ms=wall_ms,
        cpu_ms=ended.cpu_ms - thread.began.cpu_ms,
        run_queue_ms=ended.run_queue_ms - thread.began.run_queue_ms,
        blocked_ms=thread.blocked_s * 1e3,
        looks=thread.looks,
    )


def _could_run(state: int) -> bool | None:
    """None for a thread that is gone. Its name, in parentheses, may hold anything."""
    try:
        words = os.pread(state, _MOST_BYTES, 0)
    except OSError:
        return None
    return words.rpartition(b")")[2].split()[:1] == [_COULD_RUN]
