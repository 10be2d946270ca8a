"""Of a trace, the work that takes WebGPU's calls out of the page's process and its answers back. Pure."""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from gapprof.browser.slices import (
    REQUEST,
    Stretch,
    Work,
    by_thread,
    complete,
    marked,
    nested,
    stretch_of,
    thread_names,
)
from gapprof.browser.tracing import Event
from gapprof.browser.trouble import VisitError
from gapprof.browser.windows import MAIN_THREAD, WORKER
from gapprof.records.crossing import EVENTS, HANDLED, MOST_SLICES, OF_THE_PAGE, TAKEN_IN
from gapprof.records.trial import TraceSlice

_LONGEST_NAME = 60


def stretch_of_runs(events: Sequence[Event], runs: int) -> Stretch:
    """From the first of so many runs to the last. Raises VisitError where the page's marks are of more or
    fewer: then nobody knows what else the trace lacks, and no share of it is one of a run."""
    seen = len(marked(events, REQUEST))
    if seen != runs:
        raise VisitError(
            f"the browser's trace has the marks of {seen} of the page's {runs} runs", kind="page"
        )
    return stretch_of(events)


def crossing_slices(events: Sequence[Event], stretch: Stretch) -> tuple[TraceSlice, ...]:
    """Self time of each of `EVENTS` within the stretch, by kind of thread, largest first.

    The page's own are those of its main thread and its workers; other threads of its process flush what is
    drawn. The GPU's process takes in the commands of everybody: only flushes in which WebGPU's are handled
    count. In whichever process that is, for one flag puts it into the browser's.
    """
    names, everywhere = thread_names(events), dataclasses.replace(stretch, pid=None)
    of_the_page = {at for at in names if at[0] == stretch.pid and names[at] in (MAIN_THREAD, WORKER)}
    named = [event for event in complete(events) if _belongs(event, of_the_page)]
    found: dict[tuple[str, str], list[Work]] = defaultdict(list)
    counts: Counter[tuple[str, str]] = Counter()
    for at, spans in by_thread(named, everywhere).items():
        thread = names.get(at, "unnamed")[:_LONGEST_NAME]
        for work in _of_webgpu(nested(spans, everywhere, (), "")):
            found[thread, work.name].append(work)
            counts[thread, work.name] += work.above is None or work.above.name != work.name
    slices = (
        TraceSlice(
            thread=thread,
            name=name,
            detail="",
            count=counts[thread, name],
            wall_ms=max(0.0, sum(work.wall_us for work in works)) / 1e3,
            cpu_ms=_cpu_ms(works),
        )
        for (thread, name), works in found.items()
    )
    return tuple(sorted(slices, key=lambda one: (-one.wall_ms, one.thread, one.name))[:MOST_SLICES])


def _belongs(event: Event, of_the_page: set[tuple[int, int]]) -> bool:
    """Both sides of a flush may have one name."""
    work = EVENTS.get(event["name"])
    return work is not None and (work in OF_THE_PAGE) == ((event["pid"], event["tid"]) in of_the_page)


def _of_webgpu(works: Sequence[Work]) -> Iterator[Work]:
    theirs = {id(flush) for work in works if work.name == HANDLED for flush in _above(work)}
    return (work for work in works if work.name != TAKEN_IN or id(work) in theirs)


def _above(work: Work) -> Iterator[Work]:
    above = work.above
    while above is not None:
        yield above
        above = above.above


def _cpu_ms(works: Iterable[Work]) -> float | None:
    """None where a single one has no thread time: a part would read as the whole."""
    total_us = 0.0
    for work in works:
        if work.cpu_us is None:
            return None
        total_us += work.cpu_us
    return max(0.0, total_us) / 1e3
