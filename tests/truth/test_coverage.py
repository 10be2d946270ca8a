"""Intervals hold what they say, through the procedure that is really used."""

import math

import numpy as np
import pytest

from gapprof.backends.synthetic import Machine
from gapprof.explain.diagnosis import diagnose
from gapprof.explain.rows import cause_rows
from gapprof.facts.case import Case
from gapprof.records.estimate import EFFECTS
from gapprof.records.recording import Recording
from gapprof.records.report import with_descendants
from gapprof.stats.interval import linearised, t_interval
from gapprof.stats.planning import rounds_needed
from tests.truth.recorder import record

pytestmark = pytest.mark.numbers

SIMULATIONS = 2000


@pytest.mark.parametrize("rounds", [3, 6, 12, 20])
def test_an_interval_covers_the_planted_difference(rounds: int) -> None:
    """95 %, within four standard errors of 2 000 simulations."""
    rng = np.random.default_rng(rounds)
    runs = 0.3 + rng.normal(0.0, 0.05, (SIMULATIONS, rounds))
    hits = sum(t_interval([float(v) for v in values]).holds(0.3) for values in runs)
    assert hits / SIMULATIONS == pytest.approx(0.95, abs=0.02)


def test_rounds_fixed_once_after_six_still_cover() -> None:
    """Two-stage sampling: the spread of the first six decides how many follow, their mean stays in."""
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(SIMULATIONS):
        first = 0.3 + rng.normal(0.0, 0.08, 6)
        total = min(60, rounds_needed({"a": [float(v) for v in first]}, precision_percent=5.0))
        more = 0.3 + rng.normal(0.0, 0.08, max(0, total - 6))
        hits += t_interval([float(v) for v in (*first, *more)]).holds(0.3)
    assert 0.92 <= hits / SIMULATIONS <= 0.97


def test_a_figure_over_rounds_of_its_own_covers() -> None:
    """A child of simd: main rounds minus side rounds, three of them, and a function that is not linear."""
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(SIMULATIONS):
        main = {n: float(v) for n, v in enumerate(1.0 + rng.normal(0.0, 0.03, 8))}
        side = {n + 8: float(v) for n, v in enumerate(0.6 + rng.normal(0.0, 0.03, 3))}
        hits += linearised(lambda a, b: float(np.expm1(a - b)), (main, side)).holds(float(np.expm1(0.4)))
    assert hits / SIMULATIONS >= 0.94  # the fewest rounds decide: it may only be too careful


def blames(recording: Recording) -> bool:
    """Whether any cause, or any part of one, is said to cost or save."""
    case = Case(recording)
    rows = with_descendants(cause_rows(case, case.get(diagnose)))
    return any(row.verdict in EFFECTS for row in rows)


def at_most_one_of_twenty(reports: int) -> float:
    """5 % plus three standard errors."""
    return 0.05 + 3 * math.sqrt(0.05 * 0.95 / reports)


def test_null_reports_blame_somebody_in_one_of_twenty_at_most() -> None:
    """Verdicts on causes and on their parts hold together."""
    nulls = (Machine(launch_noise=0.06, seed=seed) for seed in range(400))
    blamed = sum(blames(record(machine, rounds=6, passes=False)) for machine in nulls)
    assert blamed / 400 <= at_most_one_of_twenty(400)


@pytest.mark.long
def test_null_reports_of_all_that_can_be_measured_do_so_as_well() -> None:
    """With profiled passes and side rungs there are more parts."""
    nulls = [Machine(launch_noise=0.02 * (1 + seed % 3), seed=seed) for seed in range(3_000)]
    blamed = sum(blames(record(machine, rounds=6, side_rounds=3)) for machine in nulls)
    assert blamed / len(nulls) <= at_most_one_of_twenty(len(nulls))
