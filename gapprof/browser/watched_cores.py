"""A stretch in a page that begins on fast cores: who used the processors meanwhile, and where it ran."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from gapprof.browser import scheduler
from gapprof.browser.ready import Ready
from gapprof.browser.scheduler import Snapshot
from gapprof.core_speed import LOOK_S
from gapprof.cores_used import used_between, whereabouts
from gapprof.fast_cores import FastCores

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """What was counted just before a stretch and just after, and the places of the cores that it was on."""

    before: Snapshot
    after: Snapshot
    used: tuple[int, ...]
    waited: bool
    """Whether cores were slow before it."""


async def on_fast_cores(
    cores: FastCores, ready: Ready, tids: Collection[int], stretch: Callable[[], Awaitable[T]]
) -> tuple[T, Between]:
    """Once those of these threads of the page are fast, or are waited for no longer. Whether they were so
    afterwards `cores.over` is asked by whoever knows what the stretch took. Raises what the stretch does."""
    page, browser, crew = ready.visit.page, ready.visit.browser, ready.crew
    pid = crew.renderer or 0
    waited = False
    while not cores.ready_on(tuple(whereabouts(pid, tids).places.values())):
        waited = True
        await asyncio.sleep(LOOK_S)
    first = whereabouts(pid, tids)  # behind the look, which is on every core for a moment
    before = await scheduler.before(page, browser, crew)
    done = await stretch()
    after = await scheduler.after(page, browser, crew)
    used = used_between(first, whereabouts(pid, tids))
    return done, Between(before=before, after=after, used=used, waited=waited)
