"""What one thread of the page did in stretches that the page marked: while requests waited, while the
model ran. Pure."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from gapprof.browser.crew import Role
from gapprof.browser.slices import (
    RUN,
    Stretch,
    Work,
    by_thread,
    complete,
    marked,
    nested,
    summed,
    thread_names,
)
from gapprof.browser.tracing import Event
from gapprof.records.trial import IDLE, ThreadUse, TraceSlice

WAITING = "gapprof:waiting"
MAIN_THREAD = "CrRendererMain"
WORKER = "DedicatedWorker thread"


def while_waiting(
    events: Sequence[Event], stretch: Stretch, asker: str, roles: Mapping[int, Role], *, base: str
) -> tuple[TraceSlice, ...]:
    """What held the thread that asks between the moment a request was due and its run, and behind the run.

    `asker`: `worker` where that is the model's, else the main thread; `roles` as in `while_running`.
    """
    return _by_thread_of(asker, events, stretch, marked(events, WAITING), roles, base)


def while_running(
    events: Sequence[Event], stretch: Stretch, where: str, roles: Mapping[int, Role], *, base: str
) -> tuple[TraceSlice, ...]:
    """What the thread that runs the model did meanwhile; in a worker, as if runs began when asked for.

    `roles` by thread id, as `crew` has them: a page's own workers have the same name.
    """
    return _by_thread_of(where, events, stretch, marked(events, RUN), roles, base)


def _by_thread_of(
    where: str,
    events: Sequence[Event],
    stretch: Stretch,
    windows: Sequence[tuple[float, float]],
    roles: Mapping[int, Role],
    base: str,
) -> tuple[TraceSlice, ...]:
    """The page's main thread, or the worker that runs the model."""
    if where != "worker":
        return _within(events, stretch, windows, MAIN_THREAD, base)
    models = _who(events, stretch, where, roles)
    return _within(
        events, stretch, windows, WORKER, base, only={at for at in models if models[at] == "inference"}
    )


def beside_runs(
    events: Sequence[Event], stretch: Stretch, where: str, roles: Mapping[int, Role], *, base: str
) -> tuple[TraceSlice, ...]:
    """What the page's own workers did meanwhile: neither the one that runs the model nor its helpers."""
    own = set(_workers(events, stretch)) - _who(events, stretch, where, roles).keys()
    if not own:
        return ()
    found = _within(events, stretch, marked(events, RUN), WORKER, base, only=own)
    return tuple(piece for piece in found if piece.name != IDLE)


def _who(
    events: Sequence[Event], stretch: Stretch, where: str, roles: Mapping[int, Role]
) -> dict[tuple[int, int], Role]:
    """The model's workers in a trace; by their age where its thread ids are not the kernel's."""
    workers = _workers(events, stretch)
    if any(at[0] == stretch.pid and at[1] in roles for at in thread_names(events)):
        return {at: roles[at[1]] for at in workers if at[1] in roles}
    return _by_age(workers, where)


def _workers(events: Sequence[Event], stretch: Stretch) -> list[tuple[int, int]]:
    return sorted(at for at, name in thread_names(events).items() if name == WORKER and at[0] == stretch.pid)


def _by_age(workers: Sequence[tuple[int, int]], where: str) -> dict[tuple[int, int], Role]:
    """A page's own workers, if it has any, are taken for the model's."""
    roles: dict[tuple[int, int], Role] = dict.fromkeys(workers, "pool")
    for at in workers[:1] if where == "worker" else ():
        roles[at] = "inference"
    return roles


def uses(events: Sequence[Event], stretch: Stretch, where: str) -> tuple[ThreadUse, ...]:
    """CPU time of every thread's tasks, and dur - tdur: for systems whose kernel tells nothing of threads.

    A task that is off its CPU may also be blocked; the kernel's own figures know better.
    """
    names = thread_names(events)
    kinds = {event["pid"]: _kind(event) for event in events if event.get("name") == "process_name"}
    everywhere = Stretch(pid=None, begin_us=stretch.begin_us, end_us=stretch.end_us)
    threads = by_thread(complete(events), everywhere)
    roles = _roles([at for at in threads if at[0] == stretch.pid], names, where)
    return tuple(
        replace(
            _use(spans, everywhere),
            process=_process(kinds.get(at[0], ""), page=at[0] == stretch.pid),
            thread=names.get(at, ""),
            role=roles.get(at, ""),
        )
        for at, spans in sorted(threads.items())
    )


def _roles(
    page: Sequence[tuple[int, int]], names: Mapping[tuple[int, int], str], where: str
) -> dict[tuple[int, int], Role]:
    """As `crew` has them, of the threads of the page's process."""
    workers = sorted(at for at in page if names.get(at) == WORKER)
    main = [at for at in page if names.get(at) == MAIN_THREAD]
    mains: dict[tuple[int, int], Role] = dict.fromkeys(main, "main" if where == "worker" else "inference")
    return {**_by_age(workers, where), **mains}


def _use(spans: Iterable[Event], stretch: Stretch) -> ThreadUse:
    cpu_us = off_us = 0.0
    over = stretch.begin_us
    for span in spans:
        begin, end = float(span["ts"]), float(span["ts"]) + float(span["dur"])
        if begin < over or "tdur" not in span:
            continue  # nested in one that was counted, or reaching in from before
        over = end
        cpu_us += float(span["tdur"])
        off_us += max(0.0, float(span["dur"]) - float(span["tdur"]))
    return ThreadUse(process="", thread="", cpu_ms=cpu_us / 1e3, run_queue_ms=off_us / 1e3)


def _kind(event: Event) -> str:
    return str(event["args"]["name"]).lower()


def _process(kind: str, *, page: bool) -> str:
    """In the words of `ThreadUse.process`."""
    if kind == "renderer":
        return kind if page else "other renderer"
    return {"browser": "browser", "gpu process": "gpu"}.get(kind, "utility")


def _within(
    events: Sequence[Event],
    stretch: Stretch,
    windows: Sequence[tuple[float, float]],
    thread: str,
    base: str,
    *,
    only: Container[tuple[int, int]] | None = None,
) -> tuple[TraceSlice, ...]:
    """Self time of that thread's work inside the windows, and what is left of them as idle.

    `only`: which of several threads of that name.
    """
    names, runs = thread_names(events), marked(events, RUN)
    own = [
        event
        for event in complete(events)
        if event["pid"] == stretch.pid
        and names.get(at := (event["pid"], event["tid"])) == thread
        and (only is None or at in only)
    ]
    works = [work for window in windows for work in _in_window(own, stretch.pid, window, runs, base)]
    idle_ms = (sum(end - begin for begin, end in windows) - sum(work.wall_us for work in works)) / 1e3
    idle = TraceSlice(
        thread=thread, name=IDLE, detail="", count=len(windows), wall_ms=max(0.0, idle_ms), cpu_ms=0.0
    )
    return (*summed((thread, work) for work in works), idle)


def _in_window(
    own: Sequence[Event],
    pid: int | None,
    window: tuple[float, float],
    runs: Sequence[tuple[float, float]],
    base: str,
) -> Iterator[Work]:
    stretch = Stretch(pid=pid, begin_us=window[0], end_us=window[1])
    for spans in by_thread(own, stretch).values():
        yield from nested(spans, stretch, runs, base)
