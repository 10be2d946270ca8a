"""When a page has its first result, by a clock that is not the page's.

Whoever drives a browser hears of a result late: 15 ms were seen, where compilers and the model's own threads
had both cores. V8's inspector stamps what a page says to its console at once, by the machine's clock
(`V8InspectorClient::currentTimeMS`, milliseconds since 1970), which is the driver's as well. It is asked to
tell of the console for no longer than that takes.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gapprof.browser.cdp import Params
from gapprof.browser.page import Page

WORD = "gapprof: the first result is there"
_LEVEL = "debug"
_SET_S = 5e-4
"""More than two readings of two clocks, one after the other, are apart by themselves (microseconds, measured)
and less than 1 % of the shortest start: the time of day was set meanwhile."""
_READINGS = 5
"""Whoever has lost the core between two clocks reads them again."""


def _epoch_s() -> float:
    """The only use of the time of day beside dates: the stamp that it is for has no other clock."""
    return min(_one_reading() for _ in range(_READINGS))[1]


def _one_reading() -> tuple[float, float]:
    """How far apart the clocks were read, and the moment since 1970 at which ours began, s."""
    before_s = time.perf_counter()
    since_1970_s = time.time()
    after_s = time.perf_counter()
    return after_s - before_s, since_1970_s - (before_s + after_s) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What the page says to its console, and when our own clock began."""

    epoch_s: float = field(default_factory=_epoch_s)
    """Of `time.perf_counter`, since 1970."""
    said_ms: list[float] = field(default_factory=list)
    """Since 1970."""

    def heard(self, said: Params) -> None:
        """Take note of our word alone."""
        if said["type"] == _LEVEL and [one.get("value") for one in said["args"]] == [WORD]:
            self.said_ms.append(float(said["timestamp"]))

    def result_s(self, ordered_s: float, answered_s: float) -> float | None:
        """By `time.perf_counter`. None where nothing was said between the two, as on a page with a console of
        its own, or where the time of day was set meanwhile."""
        if abs(_epoch_s() - self.epoch_s) > _SET_S:
            return None
        found = [said_ms / 1e3 - self.epoch_s for said_ms in self.said_ms]
        return next((at_s for at_s in found if ordered_s <= at_s <= answered_s), None)


@asynccontextmanager
async def witnessed(page: Page) -> AsyncIterator[Witness]:
    """From here on until it is left. Raises VisitError, CallError, TimeoutError."""
    witness = Witness()
    page.connection.listen("Runtime.consoleAPICalled", witness.heard, session=page.session)
    await page.connection.call("Runtime.enable", session=page.session)
    try:
        yield witness
    finally:
        page.connection.tell("Runtime.disable", {}, session=page.session)
