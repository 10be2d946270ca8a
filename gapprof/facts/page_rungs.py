"""Between the quiet page and the page as deployed: what a request takes there with load from outside the
browser, and then with one part of the page's work after the other. These stand beside the chain, which knows
the page's whole step; load from outside stands on it, so that it is in no step of the page's."""

import math
from collections.abc import Iterator, Mapping
from statistics import fmean
from types import MappingProxyType

from gapprof.facts.case import Case
from gapprof.facts.cells import complete_rounds, measured, standing
from gapprof.facts.computed_rung import ComputedRung
from gapprof.facts.contention import DEPLOYED, QUIET
from gapprof.facts.outside_load import lost_beyond_quiet
from gapprof.facts.page_parts import PARTS, PageParts, PartId, log_parts, page_parts
from gapprof.stats.lmdi import log_mean

OUTSIDE = "web-outside-load"
"""The quiet page, with what load from outside adds to the page as deployed; only where there was any."""
PAGE_RUNGS: Mapping[PartId, str] = MappingProxyType(
    {
        "main-thread-work": "web-main-work",
        "gc": "web-collecting",
        "browser-threads": "web-browser-threads",
        "other-tabs": "web-other-tabs",
        "oversubscription": "web-oversubscribed",
        "slower-runs": "web-slower-runs",
    }
)
_WITH: Mapping[PartId, str] = MappingProxyType(
    {
        "main-thread-work": "the page's own work on its main thread",
        "gc": "its garbage collection",
        "browser-threads": "the browser's own threads",
        "other-tabs": "other tabs",
        "oversubscription": "more threads of the model than cores",
        "slower-runs": "runs that take longer on their cores",
    }
)


def page_rungs(case: Case) -> Iterator[ComputedRung]:
    """Load from outside, if there was any, and then one per part, each with all parts before it; no parts
    where they are not known for every round."""
    if not {QUIET, DEPLOYED} <= case.get(standing):
        return
    outside = _outside_rung(case)
    if outside is not None:
        yield outside
    yield from _rungs_of_parts(case, outside)


def _outside_rung(case: Case) -> ComputedRung | None:
    """None where no such load was told beyond doubt, or where a round does not tell of it."""
    found, rounds = lost_beyond_quiet(case, DEPLOYED), case.get(complete_rounds)
    if not found or not found.keys() >= set(rounds):
        return None
    quiet, page = case.get(measured)[QUIET], case.get(measured)[DEPLOYED]
    logs = {
        number: one.ms / log_mean(page[number], quiet[number])
        for number, one in found.items()
        if number in quiet and number in page
    }
    return ComputedRung(
        id=OUTSIDE,
        title="… with load from outside the browser",
        changes=f"computed: {QUIET} and what requests lose to programs outside and to a hypervisor",
        derived_from=QUIET,
        by_round_ms={number: quiet[number] * math.exp(ln) for number, ln in logs.items()},
    )


def _rungs_of_parts(case: Case, outside: ComputedRung | None) -> Iterator[ComputedRung]:
    parts = page_parts(case, DEPLOYED)
    if parts is None or not set(case.get(complete_rounds)) <= parts.by_round_ms.keys():
        return
    quiet, logs = case.get(measured)[QUIET], log_parts(case, parts, DEPLOYED)
    below, so_far = QUIET, dict.fromkeys(logs, 0.0)
    if outside is not None:
        below = outside.id
        so_far = {number: math.log(outside.by_round_ms[number] / quiet[number]) for number in logs}
    by_pass: dict[int, float] = {}
    for part in PARTS:
        so_far = {number: so_far[number] + logs[number][part] for number in logs}
        by_pass = _added(by_pass, _passes(case, parts, part))
        yield ComputedRung(
            id=PAGE_RUNGS[part],
            title=f"… with {_WITH[part]}",
            changes=f"computed: {below} and what requests lose to {_WITH[part]}",
            derived_from=below,
            by_round_ms={number: quiet[number] * math.exp(so_far[number]) for number in so_far},
            by_pass=by_pass,
        )
        below = PAGE_RUNGS[part]


def _passes(case: Case, parts: PageParts, part: PartId) -> dict[int, float]:
    """What each traced pass says of this part, as a part of ln(latency)."""
    quiet, page = case.get(measured)[QUIET], case.get(measured)[DEPLOYED]
    slope = fmean(1 / log_mean(page[number], quiet[number]) for number in quiet.keys() & page.keys())
    return {number: slope * ms for number, ms in parts.by_pass_ms.get(part, {}).items()}


def _added(some: Mapping[int, float], others: Mapping[int, float]) -> dict[int, float]:
    return {number: some.get(number, 0.0) + others.get(number, 0.0) for number in some.keys() | others.keys()}
