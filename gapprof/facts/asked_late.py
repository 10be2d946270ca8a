"""A model in a worker beside a busy page: what its runs take, and how late its page asks for them. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gapprof.facts.balance import Balance, balances
from gapprof.facts.case import Case
from gapprof.facts.contention import DEPLOYED, QUIET
from gapprof.facts.estimates import estimate, factor_of
from gapprof.facts.outside_load import NOTHING, Lost, lost_beyond_quiet
from gapprof.records.report import Evidence
from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import t_interval
from gapprof.text import numbers

_FEWEST = 2
"""Rounds that have an interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """A round of the page as deployed, beside the quiet page's, less what load from outside takes of it."""

    quiet: Balance
    page: Balance
    outside: Lost

    @property
    def late_ms(self) -> float:
        """By which a request waits longer for the thread that asks."""
        return self.page.late_ms - self.quiet.late_ms - self.outside.late_ms

    @property
    def run_ms(self) -> float:
        """By which a run itself takes longer."""
        return self.page_run_ms - self.quiet.run_ms

    @property
    def page_run_ms(self) -> float:
        """A run on the page as deployed."""
        return self.page.run_ms - self.outside.run_ms


def asked_late(case: Case) -> Iterator[Evidence]:
    """Of the page as deployed beside the quiet one, in the rounds that know both; none where the main thread
    runs the model or where the worker asks for its runs itself."""
    rounds = _rounds(case)
    if not rounds:
        return
    runs = factor_of(Contrast({n: math.log(one.page_run_ms / one.quiet.run_ms) for n, one in rounds.items()}))
    told = f"{numbers.factor_with_interval(runs)} what it takes on the quiet page"
    slowed = {
        "above": f"A run itself, in the worker, takes {told}.",
        "below": f"Runs themselves, in the worker, are not slowed: one takes {told}.",
        "unclear": f"Nothing shows that runs themselves, in the worker, are slowed: one takes {told}.",
    }
    yield Evidence(kind="requests", text=slowed[runs.side_of_one], value=runs.point)
    late_ms = t_interval([one.late_ms for one in rounds.values()])
    if late_ms.low > 0:
        text = (
            f"A request waits {numbers.ms_with_interval(estimate(late_ms))} longer than on the quiet page "
            "for the page's main thread, to ask and to hear of the result. Where that is at work, shorten "
            "its tasks, or let the worker ask by itself."
        )
        yield Evidence(kind="requests", text=text, value=late_ms.point)


def mostly_asked_late(case: Case) -> bool:
    """Whether more of what a page adds to a request is waiting to be asked for than running, beyond doubt."""
    rounds = _rounds(case).values()
    if not rounds:
        return False
    more_ms = t_interval([one.late_ms - one.run_ms for one in rounds])
    return more_ms.low > 0 and t_interval([one.late_ms for one in rounds]).low > 0


def _rounds(case: Case) -> Mapping[int, _Beside]:
    """Round → both pages; empty where they are too few or no main thread asks a worker."""
    if case.recording.begin.settings.where != "worker":
        return {}
    quiet, page = balances(case, QUIET), balances(case, DEPLOYED)
    outside = lost_beyond_quiet(case, DEPLOYED) or dict.fromkeys(page, NOTHING)
    found = {
        n: _Beside(quiet=quiet[n], page=page[n], outside=outside[n])
        for n in sorted(quiet.keys() & page.keys() & outside.keys())
    }
    ran = {n: one for n, one in found.items() if min(one.quiet.run_ms, one.page_run_ms) > 0}
    return ran if len(ran) >= _FEWEST else {}
