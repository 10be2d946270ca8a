"""What a page's main thread does beside the runs of its model, by counters that the browser keeps anyway.

It looks at them now and then and instruments nothing: two readings of a clock per task, while they are kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gapprof.browser.cdp import CallError
from gapprof.browser.counters import counters
from gapprof.browser.page import Page
from gapprof.records.observed import ObservedStretch
from gapprof.watch.heard import RunLine

LEAST_MS = 500.0
"""A shorter stretch says nothing of a page: few of its timers come by."""
_BUSY_S = 2.0
_COUNTERS = frozenset(
    {
        "Timestamp",
        "NavigationStart",
        "TaskDuration",
        "LayoutDuration",
        "RecalcStyleDuration",
        "DevToolsCommandDuration",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The counters at one moment, all in ms of the browser's steady clock."""

    at_ms: float
    navigated_ms: float
    """When the page's document began; another moment is another document."""
    tasks_ms: float
    """Wall time inside tasks so far."""
    styles_ms: float
    """Of it, computing style and layout."""
    ours_ms: float
    """Of it, answering these questions."""


async def look(page: Page) -> Look | None:
    """None where the main thread is too busy to answer, and where the browser keeps no such counters.

    Raises VisitError where the page is dead.
    """
    try:
        values_ms = {name: 1e3 * value for name, value in (await counters(page, deadline_s=_BUSY_S)).items()}
    except (CallError, TimeoutError):
        return None
    if not values_ms.keys() >= _COUNTERS:
        return None
    return Look(
        at_ms=values_ms["Timestamp"],
        navigated_ms=values_ms["NavigationStart"],
        tasks_ms=values_ms["TaskDuration"],
        styles_ms=values_ms["LayoutDuration"] + values_ms["RecalcStyleDuration"],
        ours_ms=values_ms["DevToolsCommandDuration"],
    )


def stretch_of(
    looks: Sequence[Look], *, born_ms: float, chosen: Sequence[RunLine], here: Iterable[RunLine] | None
) -> ObservedStretch | None:
    """Of the time from the end of the first run of the chosen session to that of its last one; None where
    too little of it lies between two looks.

    Every run that ended before the last one did was heard, and what came after it may have been another one
    that was not. `born_ms`: when the document began, on the clock of the runs. `here`: runs of all sessions
    on the main thread, each inside a task; None where they wait for a GPU meanwhile.
    """
    if len(chosen) < 2 or not looks:
        return None
    document = looks[-1].navigated_ms

    def ends(run: RunLine) -> float:
        return document + run.began_ms + run.took_ms - born_ms

    first, last = min(map(ends, chosen)), max(map(ends, chosen))
    within = [one for one in looks if one.navigated_ms == document and first <= one.at_ms <= last]
    if not within or within[-1].at_ms - within[0].at_ms < LEAST_MS:
        return None
    begin, end = within[0], within[-1]
    ours_ms = end.ours_ms - begin.ours_ms
    return ObservedStretch(
        over_ms=end.at_ms - begin.at_ms,
        tasks_ms=max(0.0, end.tasks_ms - begin.tasks_ms - ours_ms),
        styles_ms=end.styles_ms - begin.styles_ms,
        runs_ms=None
        if here is None
        else sum(
            max(0.0, min(ends(run), end.at_ms) - max(ends(run) - run.took_ms, begin.at_ms)) for run in here
        ),
    )
