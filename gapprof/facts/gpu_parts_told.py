"""What parts of replayed runs take, in sentences. Pure."""

from collections.abc import Iterator, Mapping
from typing import Literal

from gapprof.facts.case import Case
from gapprof.facts.estimates import LEVEL, estimate, mean_difference_ms, mean_time_ms, negated
from gapprof.facts.gpu_calls import steady_run
from gapprof.facts.gpu_runs import READ_OFF_DIFFERENCES, REPLAY_WEB, GpuPart, part_shares, parts_ms
from gapprof.facts.gpu_told import PLACES
from gapprof.records.estimate import Estimate
from gapprof.records.report import DISPATCH_BOUND, Evidence
from gapprof.stats.interval import t_interval
from gapprof.text import numbers

_Sign = Literal["more", "less", "unclear", "one round"]
_OF_A_RUN: Mapping[GpuPart, str] = {
    "upload": "What a run writes, alone and into an idle queue,",
    "submission": "With all commands made before it begins,",
    "inner-reads": "Without what it reads back on its way,",
    "pipelines": "With its pipelines made before it begins,",
    "read-back": "What a run reads at its end, read again from an idle queue,",
}
_SHORTER: Mapping[_Sign, str] = {
    "more": "a replayed run is shorter by",
    "less": "a replayed run is longer by",
    "unclear": "no difference was seen whose interval does not hold 0:",
    "one round": "one round alone does not tell whether a replayed run is shorter:",
}
_TAKES: Mapping[_Sign, str] = {
    "more": "takes",
    "less": "is answered sooner than an empty queue, by",
    "unclear": "takes no time whose interval does not hold 0:",
    "one round": "takes what one round alone does not tell:",
}
_VERBS: Mapping[GpuPart, Mapping[_Sign, str]] = {
    part: _TAKES if part in ("upload", "read-back") else _SHORTER for part in _OF_A_RUN
}


def part_told(case: Case, part: GpuPart) -> Iterator[Evidence]:
    """What a part of a replayed run takes, with and without the browser; where that is read off a difference
    whose interval holds 0, that none was seen."""
    verbs, told = _VERBS[part], dict[str, list[str]]()
    for rung, where in PLACES.items():
        one = mean_part_ms(case, rung, part)
        if one is not None:
            sign = _sign(one) if part in READ_OFF_DIFFERENCES else "more"
            shown = negated(one) if sign == "less" else one
            told.setdefault(verbs[sign], []).append(f"{numbers.ms_with_interval(shown)} {where}")
    if told:
        parts = [f"{verb} {', '.join(times)}" for verb, times in told.items()]
        web = mean_part_ms(case, REPLAY_WEB, part)
        known = web is not None and (part not in READ_OFF_DIFFERENCES or _sign(web) in ("more", "less"))
        yield Evidence(
            kind="replay",
            text=f"{_OF_A_RUN[part]} {'; '.join(parts)}.",
            value=web.point if web is not None and known else None,
        )


def dispatch_bound_told(case: Case) -> Iterator[Evidence]:
    """How much of a replayed run goes at least with the number of dispatches, whatever they compute; nothing
    where no interval is clear of 0, or where there is one dispatch alone.

    Runs with all commands made before they begin submit as often as any, and have as many dispatches begun.
    """
    run = case.get(steady_run)
    found: dict[str, Estimate] = {}
    for rung in PLACES:
        shares = tuple(part_shares(case, rung, "submission").values())
        one = estimate(t_interval(shares, LEVEL)) if shares else None
        if one is not None and _sign(one) == "more":
            found[rung] = one
    if run is not None and run.dispatches > 1 and found:
        told = [f"{numbers.percent_with_interval(one)} {PLACES[rung]}" for rung, one in found.items()]
        text = (
            f"Of a replayed run's time at least {', '.join(told)} goes into making the commands of its "
            f"{run.dispatches} dispatches, and is bound by how many they are: submits, and what the GPU "
            "takes to begin each dispatch, are not in it."
        )
        web = found.get(REPLAY_WEB)
        yield Evidence(kind=DISPATCH_BOUND, text=text, value=web.point if web is not None else None)


def mean_part_ms(case: Case, rung: str, part: GpuPart) -> Estimate | None:
    """Of a part of a replay's run, over rounds; None without any."""
    values = [one[part] for one in parts_ms(case, rung).values()]
    mean = mean_difference_ms if part in READ_OFF_DIFFERENCES else mean_time_ms
    return mean(values) if values else None


def _sign(difference: Estimate) -> _Sign:
    if difference.rounds < 2:
        return "one round"
    if difference.low > 0:
        return "more"
    return "less" if difference.high < 0 else "unclear"
