"""A stretch in which the browser counts what its page's main thread does: two readings of a clock per task.

No timed stretch is to carry that, so it is one of its own. The kernel's figures do not say whether a thread
waited for a core within a task or on waking up, and those of a main thread hold the page's own work as well.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

from gapprof.browser import scheduler
from gapprof.browser.counters import PARTING_S, counters, counting
from gapprof.browser.crew import Crew
from gapprof.browser.launch import Browser
from gapprof.browser.page import Page
from gapprof.browser.trouble import reading
from gapprof.proc import one_thread
from gapprof.records.trial import Clocks, Load, ThreadUse

T = TypeVar("T")
_TIMES = 5.0
"""As long as the timed requests took the counted ones may take: load comes and goes, a hung page stays."""
_BEGIN_S = 5.0
"""Beside that, for what is asked of the browser and the kernel before and behind them, on a full machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MainThread:
    """What the browser counts of a page's main thread, since it was told to."""

    at_ms: float
    """When it was asked, by its own clock."""
    tasks_ms: float
    """Wall time inside tasks."""
    cpu_ms: float
    """CPU time of the thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the browser said of the page's main thread, between two readings of our clock and the kernel's."""

    told: MainThread
    before_s: float
    after_s: float
    before: ThreadUse | None
    """None where the kernel says nothing of threads."""
    after: ThreadUse | None


def patience_s(expected_s: float, *, left_s: float) -> float | None:
    """How long a counted stretch may take with all that belongs to it, its end aside, where it is expected to
    take so long and its visit has so long left; None where that is too little.

    Half of what is left stays with the visit: what was timed is there by then, and is not to be lost to this.
    """
    most_s = left_s / 2 - PARTING_S
    return min(most_s, _TIMES * expected_s + _BEGIN_S) if most_s >= expected_s else None


async def under_counting(
    page: Page, browser: Browser, crew: Crew, stretch: Callable[[], Awaitable[T]], *, deadline_s: float
) -> tuple[T, Load]:
    """What comes of a stretch during which the browser counts, and who used the processors meanwhile.

    Raises CallError, VisitError, TimeoutError; whatever hangs, `PARTING_S` behind the deadline.
    """
    async with asyncio.timeout(deadline_s), counting(page):
        first_asked = await _asked(page, crew)
        first = await scheduler.before(page, browser, crew)
        told = await stretch()
        last = await scheduler.after(page, browser, crew)
        return told, with_tasks(scheduler.load(first, last), first_asked, await _asked(page, crew))


def with_tasks(load: Load, first: Asked, last: Asked) -> Load:
    """The same load, and what the browser says of its page's main thread.

    Tasks are read a moment before and after the kernel's figures, in which the thread may have worked on:
    what they say of time off the CPU is put on top of the kernel's CPU time. `Load.clocks` holds the
    browser's own.
    """
    inference = next((use for use in load.threads if use.role == "inference"), None)
    if inference is None:
        return load
    began, ended = first.told, last.told
    off_cpu_ms = (ended.tasks_ms - began.tasks_ms) - (ended.cpu_ms - began.cpu_ms)
    return replace(
        load, at_work_ms=inference.cpu_ms + max(0.0, off_cpu_ms), clocks=clocks_between(first, last)
    )


def clocks_between(first: Asked, last: Asked) -> Clocks | None:
    """None where the kernel says nothing of threads."""
    if first.before is None or first.after is None or last.before is None or last.after is None:
        return None
    return Clocks(
        wall_ms=last.told.at_ms - first.told.at_ms,
        wall_bounds_ms=(
            (last.before_s - first.after_s) * 1e3,
            (last.after_s - first.before_s) * 1e3,
        ),
        cpu_ms=last.told.cpu_ms - first.told.cpu_ms,
        cpu_bounds_ms=(last.before.cpu_ms - first.after.cpu_ms, last.after.cpu_ms - first.before.cpu_ms),
        tasks_ms=last.told.tasks_ms - first.told.tasks_ms,
        run_queue_ms=last.after.run_queue_ms - first.before.run_queue_ms,
    )


async def _asked(page: Page, crew: Crew) -> Asked:
    kernel_before, before_s = _main_use(crew), time.perf_counter()
    told = await _main_thread(page)
    return Asked(
        told=told,
        before_s=before_s,
        after_s=time.perf_counter(),
        before=kernel_before,
        after=_main_use(crew),
    )


async def _main_thread(page: Page) -> MainThread:
    values_s = await counters(page)
    with reading("metrics"):
        return MainThread(
            at_ms=1e3 * values_s["Timestamp"],
            tasks_ms=1e3 * values_s["TaskDuration"],
            cpu_ms=1e3 * values_s["ThreadTime"],
        )


def _main_use(crew: Crew) -> ThreadUse | None:
    return None if crew.renderer is None else one_thread(crew.renderer, crew.renderer, "renderer")
