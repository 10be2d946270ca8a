"""How the model scales, as a report has it."""

import math
from collections.abc import Mapping

from gapprof.explain.switches import judged
from gapprof.facts.case import Case
from gapprof.facts.disturbance import disturbed
from gapprof.facts.estimates import LEVEL, estimate, factor_of, geometric_mean_ms
from gapprof.facts.lattice import CellLogs, cell_id, over, plan_of, trials_in, why_without
from gapprof.facts.scaling import (
    STUDY,
    Choice,
    Pair,
    chosen,
    explored,
    explored_cpu,
    one_thread,
    pairs,
    verified,
)
from gapprof.records.estimate import Estimate, Verdict
from gapprof.records.lattice import Cell, LatticePlan
from gapprof.records.sections.scaling import CellEffect, CellRow, Recommendation, Scaling
from gapprof.records.trial import Trial
from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import contrast_interval, linearised
from gapprof.stats.verdict import simultaneous_level, verdict


def scaling(case: Case) -> Scaling | None:
    """None where nobody asked for it, or the page was refused."""
    plan = plan_of(case, STUDY)
    if plan is None:
        return None
    trials = trials_in(case, STUDY, "explore")
    counting = [*_all(trials), *_all(trials_in(case, STUDY, "verify"))]
    choice = case.get(chosen)
    compared = {pair: _contrast(case, pair) for pair in pairs(plan)}
    level = simultaneous_level(sum(contrast is not None for contrast in compared.values()))
    return Scaling(
        cores=plan.cores,
        deployed=cell_id(plan.deployed),
        rounds=_rounds(case.get(explored)),
        verifying_rounds=_rounds(case.get(verified)),
        visits=len(counting),
        disturbed_visits=sum(disturbed(trial.load) is not None for trial in counting),
        cells=tuple(_row(case, plan, one.cell, trials.get(one.cell, {})) for one in plan.cells),
        effects=tuple(_effect(case, pair, contrast, level) for pair, contrast in compared.items()),
        recommendation=_recommendation(case, plan, choice) if choice else None,
    )


def _all(trials: Mapping[Cell, Mapping[int, Trial]]) -> list[Trial]:
    return [trial for by_round in trials.values() for trial in by_round.values()]


def _rounds(logs: CellLogs) -> int:
    return len({number for by_round in logs.values() for number in by_round})


def _row(case: Case, plan: LatticePlan, cell: Cell, trials: Mapping[int, Trial]) -> CellRow:
    logs, cpu = case.get(explored), case.get(explored_cpu)
    first = one_thread(cell, plan)
    slower = over(logs, first, cell) if first is not None else None
    speed_up = factor_of(slower) if slower is not None else None
    return CellRow(
        id=cell_id(cell),
        side=cell.side,
        threads=cell.threads,
        obtained_threads=max((trial.seen.threads for trial in trials.values()), default=None),
        where=cell.where,
        isolated=cell.isolated,
        spinning=cell.spinning,
        build=cell.build,
        ms=geometric_mean_ms(logs[cell]) if cell in logs else None,
        cpu_ms=geometric_mean_ms(cpu[cell]) if cell in cpu else None,
        speed_up=speed_up,
        efficiency=_share_of(speed_up, cell.threads) if speed_up else None,
        why="" if cell in logs else why_without(case, STUDY, cell),
    )


def _share_of(speed_up: Estimate, threads: int) -> Estimate:
    return Estimate(
        point=speed_up.point / threads,
        low=speed_up.low / threads,
        high=speed_up.high / threads,
        level=speed_up.level,
        rounds=speed_up.rounds,
    )


def _contrast(case: Case, pair: Pair) -> Contrast | None:
    logs = case.get(explored) if pair.figure == "latency" else case.get(explored_cpu)
    return over(logs, pair.cell, pair.other) if pair.cell != pair.other else None


def _effect(case: Case, pair: Pair, contrast: Contrast | None, level: float) -> CellEffect:
    if contrast is not None:
        return _as_told(pair, factor_of(contrast), verdict(contrast_interval(contrast, level)), "")
    without = [cell for cell in (pair.cell, pair.other) if cell not in case.get(explored)]
    why = why_without(case, STUDY, without[0]) if without else "no round has both"
    if not without and pair.figure == "cpu":
        why = "this system does not say what CPU time threads take"
    return _as_told(pair, None, "not-measured", why)


def _as_told(pair: Pair, factor: Estimate | None, word: Verdict, why: str) -> CellEffect:
    return CellEffect(
        id=pair.id,
        side=pair.cell.side,
        figure=pair.figure,
        cell=cell_id(pair.cell),
        other=cell_id(pair.other),
        factor=factor,
        verdict=word,
        why=why,
    )


def _recommendation(case: Case, plan: LatticePlan, choice: Choice) -> Recommendation:
    """The explored gain is a promise; the rounds that visit nothing but these two cells keep it, or not."""
    logs = case.get(verified)
    slower = over(logs, choice.cell, plan.deployed)
    explored_gain = factor_of(choice.gain)
    if slower is None:
        return Recommendation(
            cell=cell_id(choice.cell),
            now_ms=None,
            predicted_ms=None,
            measured_ms=None,
            gain=None,
            explored_gain=explored_gain,
            ratio=None,
            prediction=None,
            why="no further round has both the page as deployed and what is recommended",
        )
    now = {number: logs[plan.deployed][number] for number in slower.by_round}
    then = {number: logs[choice.cell][number] for number in slower.by_round}
    ratio = factor_of(slower, choice.gain)
    return Recommendation(
        cell=cell_id(choice.cell),
        now_ms=geometric_mean_ms(now),
        predicted_ms=_predicted(choice.gain, now),
        measured_ms=geometric_mean_ms(then),
        gain=factor_of(Contrast({number: -value for number, value in slower.by_round.items()})),
        explored_gain=explored_gain,
        ratio=ratio,
        prediction=judged(ratio),
    )


def _predicted(gain: Contrast, now: Mapping[int, float]) -> Estimate:
    """From the page as it is in the rounds that verify: a machine that changed since counts for neither."""
    columns = (gain.by_round, now)
    return estimate(linearised(lambda ln_gain, ln_now: math.exp(ln_now - ln_gain), columns, LEVEL))
