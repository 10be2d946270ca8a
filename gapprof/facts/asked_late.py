"""A model in a worker beside a busy page: what its runs take, and how late its page asks for them. Pure."""

import math
from collections.abc import Iterator

from gapprof.facts.balance import Balance, balances
from gapprof.facts.case import Case
from gapprof.facts.estimates import estimate, factor_of, side_of_one
from gapprof.facts.page_parts import DEPLOYED, QUIET
from gapprof.records.report import Evidence
from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import t_interval
from gapprof.text import numbers

_FEWEST = 2
"""Rounds that have an interval."""


def asked_late(case: Case) -> Iterator[Evidence]:
    """Of the page as deployed beside the quiet one, in the rounds that know both; none where the main thread
    runs the model or where the worker asks for its runs itself."""
    quiet, page = balances(case, QUIET), balances(case, DEPLOYED)
    rounds = [number for number in sorted(quiet.keys() & page.keys()) if _ran(quiet[number], page[number])]
    if case.recording.begin.settings.where != "worker" or len(rounds) < _FEWEST:
        return
    runs = factor_of(Contrast({n: math.log(page[n].run_ms / quiet[n].run_ms) for n in rounds}))
    told = f"{numbers.factor_with_interval(runs)} what it takes on the quiet page"
    slowed = {
        "above": f"A run itself, in the worker, takes {told}.",
        "below": f"Runs themselves, in the worker, are not slowed: one takes {told}.",
        "unclear": f"Nothing shows that runs themselves, in the worker, are slowed: one takes {told}.",
    }
    yield Evidence(kind="requests", text=slowed[side_of_one(runs)], value=runs.point)
    late_ms = t_interval([page[number].late_ms - quiet[number].late_ms for number in rounds])
    if late_ms.low > 0:
        text = (
            f"A request waits {numbers.ms_with_interval(estimate(late_ms))} longer than on the quiet page "
            "for the page's main thread, to ask and to hear of the result. Where that is at work, shorten "
            "its tasks, or let the worker ask by itself."
        )
        yield Evidence(kind="requests", text=text, value=late_ms.point)


def _ran(quiet: Balance, page: Balance) -> bool:
    return min(quiet.run_ms, page.run_ms) > 0
