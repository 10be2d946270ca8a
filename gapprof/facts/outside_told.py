"""What load from outside the browser took of requests, told, and counted against nobody. Pure."""

from collections.abc import Iterator
from statistics import fmean, median

from gapprof.facts.case import Case
from gapprof.facts.cells import complete_rounds
from gapprof.facts.computed import computed
from gapprof.facts.contention import DEPLOYED, trials_of
from gapprof.facts.holding import holders
from gapprof.facts.outside_load import lost_beyond_quiet, stolen_share
from gapprof.facts.page_rungs import OUTSIDE
from gapprof.records.report import Evidence
from gapprof.text import numbers

_LEAST_SHARE = 0.02


def outside_evidence(case: Case) -> Iterator[Evidence]:
    """Of the page as deployed; none where there was no such load, or next to none."""
    taken_ms = taken_beyond_quiet_ms(case)
    told = (
        ""
        if taken_ms is not None
        else "; what a request loses to that beyond the quiet page is too little to tell"
    )
    share, stolen = _share(case), stolen_share([*trials_of(case, DEPLOYED)])
    if share >= _LEAST_SHARE:
        had = numbers.percent(share)
        text = (
            f"Programs outside the browser had {had} of the CPU time that others than the model took{told}."
        )
        yield Evidence(kind="outside", text=text, value=share)
    if stolen >= _LEAST_SHARE:
        text = f"A hypervisor gave {numbers.percent(stolen)} of busy time to other machines{told}."
        yield Evidence(kind="stolen", text=text, value=stolen)
    if taken_ms is not None:
        taken = taken_told(taken_ms)
        text = f"Load from outside the browser takes {taken}; that is not counted against the page."
        yield Evidence(kind="outside-ms", text=text, value=taken_ms)


def taken_beyond_quiet_ms(case: Case) -> float | None:
    """Mean over the rounds of main contrasts; None where no step of the ladder is load from outside."""
    if OUTSIDE not in case.get(computed):
        return None
    found = lost_beyond_quiet(case, DEPLOYED)
    return fmean(found[number].ms for number in case.get(complete_rounds))


def taken_told(taken_ms: float) -> str:
    """How much of a request, in words."""
    more = "less" if taken_ms < 0 else "more"
    return f"{numbers.ms(abs(taken_ms))} {more} of a request than on the quiet page"


def _share(case: Case) -> float:
    rounds = holders(case, DEPLOYED).values()
    return median(one.get("outside", 0.0) for one in rounds) if rounds else 0.0
