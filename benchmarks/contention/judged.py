"""The figures of both sides, and whether they agree."""

import math
from collections.abc import Iterable
from statistics import fmean

from contention.planting import Launch, Outcome, Planted, Planting, Turns
from gapprof import Report
from gapprof.records.estimate import Estimate, Verdict
from gapprof.records.report import CauseRow
from gapprof.records.settings import ASKING_WORKER
from gapprof.stats.interval import t_interval

NARROW = math.log(1.05)
"""Half the width of ln factor below which the A/B has decided."""

AGREE = 0.10
"""How far from the A/B a recovered factor may be, as a share of it."""


def decided(direct: Estimate, where: str) -> bool:
    """Whether the A/B knows what it costs; a worker that asks by itself need not be slowed at all."""
    return math.log(direct.high / direct.low) / 2 <= NARROW and (where == ASKING_WORKER or direct.low > 1)


def outcome_of(where: str, direct: Estimate, explained: Estimate | None, verdict: Verdict) -> Outcome:
    """Whether `explain` found what was planted; nobody knows where the A/B itself does not.

    On a worker that asks by itself nothing was planted.
    """
    if not decided(direct, where):
        return "undecided"
    if where == ASKING_WORKER:
        found = unharmed_told(direct, explained, verdict)
    else:
        found = explained is not None and _agree(direct, explained)
    return "recovered" if found else "not recovered"


def unharmed_told(direct: Estimate, explained: Estimate | None, verdict: Verdict) -> bool:
    """Whether what nothing was planted on is charged what it costs, or nothing beyond doubt."""
    if explained is None:
        return False
    meet = explained.low <= direct.high and direct.low <= explained.high
    return (verdict == "unclear" and meet) or _agree(direct, explained)


def _agree(direct: Estimate, explained: Estimate) -> bool:
    near = abs(explained.point / direct.point - 1) <= AGREE
    return near and explained.low <= direct.high and direct.low <= explained.high


def judged(planting: Planting, report: Report) -> Planted:
    """Both sides' figures."""
    row, child = _rows(report)
    runs = next((one for one in child.children if one.id == "slower-runs"), None)
    direct = directly(planting.launches)
    return Planted(
        **{name: getattr(planting, name) for name in Planting.__struct_fields__},
        direct=direct,
        explained=child.factor,
        contention=row.factor,
        verdict=child.verdict,
        direct_runs=directly_runs(planting.launches),
        explained_runs=runs.factor if runs else None,
        runs_verdict=runs.verdict if runs else "not-measured",
        outcome=outcome_of(planting.where, direct, child.factor, child.verdict),
    )


def directly(launches: tuple[Launch, ...]) -> Estimate:
    """Burning over at rest: the mean over launches of ln of the mean requests' ratio."""
    return _over((one.burning_ms, one.at_rest_ms) for one in launches)


def directly_runs(launches: tuple[Launch, ...]) -> Estimate:
    """The same of the runs alone."""
    return _over((one.burning_runs_ms, one.at_rest_runs_ms) for one in launches)


def _over(launches: Iterable[tuple[Turns, Turns]]) -> Estimate:
    logs = [math.log(_mean(burning)) - math.log(_mean(at_rest)) for burning, at_rest in launches]
    found = t_interval(logs)
    return Estimate(
        point=math.exp(found.point),
        low=math.exp(found.low),
        high=math.exp(found.high),
        level=found.level,
        rounds=found.rounds,
    )


def _mean(turns: Turns) -> float:
    return fmean(ms for turn in turns for ms in turn)


def _rows(report: Report) -> tuple[CauseRow, CauseRow]:
    """`contention`, and the part of it that the page's own work is."""
    contention = next(row for row in report.causes if row.id == "contention")
    return contention, next(row for row in contention.children if row.id == "page")
