"""Who used the processors: machine-wide busy time, CPU time of processes, scheduler figures of threads."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil
from msgspec.structs import replace

from gapprof.records.trial import ThreadUse

_STAT = Path("/proc/stat")
_IDLE_FIELDS = (3, 4)  # idle and iowait: nobody ran
_STEAL_FIELD = 7
_GUEST_FIELDS = (8, 9)  # the kernel counts them inside user and nice already
_BORN_FIELD = 19
"""Of a thread's figures, from its state on: before that stands its name, which may hold anything."""


def machine_busy_ms() -> float | None:
    """Busy time of all cores since boot, steal included; None where there is no /proc/stat.

    Resolution: one clock tick, 10 ms on most kernels. Only the difference of two calls means something.
    """
    fields = _machine_ms()
    if fields is None:
        return None
    return sum(ms for i, ms in enumerate(fields) if i not in _IDLE_FIELDS and i not in _GUEST_FIELDS)


def machine_stolen_ms() -> float | None:
    """What a hypervisor has given to other machines since boot, of all cores; like `machine_busy_ms`."""
    fields = _machine_ms()
    return None if fields is None else sum(fields[_STEAL_FIELD : _STEAL_FIELD + 1])


def _machine_ms() -> list[float] | None:
    try:
        with _STAT.open() as lines:
            fields = [int(word) for word in lines.readline().split()[1:]]
    except (OSError, ValueError):
        return None
    return [ticks * 1000.0 / os.sysconf("SC_CLK_TCK") for ticks in fields]


def cpu_ms_of(pids: Iterable[int]) -> float:
    """CPU time of these processes and of the children they have reaped; a process that is gone counts 0.

    A child that ends between two calls moves from its own row to its parent's, so name the parent too.
    """
    return sum(_cpu_ms(pid) for pid in pids)


def thread_use(pid: int, process: str) -> dict[int, ThreadUse]:
    """Thread id → use since that thread began, labelled `process`; empty off Linux or for a gone process."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return {}
    uses = ((int(task.name), _use(task, process)) for task in tasks)
    return {tid: use for tid, use in uses if use is not None}


def born_ticks(pid: int, tid: int) -> int | None:
    """When a thread began, in ticks of the kernel's since boot, mostly of 10 ms; None where nobody says."""
    try:
        stat = Path(f"/proc/{pid}/task/{tid}/stat").read_text(errors="replace")
        return int(stat.rpartition(")")[2].split()[_BORN_FIELD])
    except (OSError, ValueError, IndexError):
        return None


def one_thread(pid: int, tid: int, process: str) -> ThreadUse | None:
    """The same of one thread; None where `thread_use` has none."""
    return _use(Path(f"/proc/{pid}/task/{tid}"), process)


def thread_difference(
    before: Mapping[int, ThreadUse], after: Mapping[int, ThreadUse]
) -> tuple[ThreadUse, ...]:
    """What each thread of `after` used since `before`, by thread id; new threads count from their birth."""
    return tuple(_minus(after[tid], before.get(tid)) for tid in sorted(after))


def thread_sum(one: ThreadUse, other: ThreadUse) -> ThreadUse:
    """What a thread used over two stretches, under what it was called last."""
    return replace(
        other, cpu_ms=one.cpu_ms + other.cpu_ms, run_queue_ms=one.run_queue_ms + other.run_queue_ms
    )


def _cpu_ms(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    seconds = times.user + times.system + times.children_user + times.children_system
    return float(seconds) * 1000.0


def _use(task: Path, process: str) -> ThreadUse | None:
    try:
        name = (task / "comm").read_text().rstrip("\n")
        on_cpu_ns, waiting_ns = (task / "schedstat").read_text().split()[:2]
    except (OSError, ValueError):
        return None  # the thread ended under our eyes, or a kernel without schedstat
    return ThreadUse(
        process=process,
        thread=name,
        cpu_ms=int(on_cpu_ns) / 1e6,
        run_queue_ms=int(waiting_ns) / 1e6,
    )


def _minus(after: ThreadUse, before: ThreadUse | None) -> ThreadUse:
    if before is None:
        return after
    return replace(
        after,
        cpu_ms=after.cpu_ms - before.cpu_ms,
        run_queue_ms=after.run_queue_ms - before.run_queue_ms,
    )
