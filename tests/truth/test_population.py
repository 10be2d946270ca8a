"""Over thousands of machines: intervals hold what they say, ranks are right, nobody innocent is blamed."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import ladder_ms
from gapprof.explain.diagnosis import diagnose
from gapprof.explain.rows import cause_rows
from gapprof.facts.case import Case
from tests.truth import test_whole_run
from tests.truth.population import BARE, SETTINGS, Outcome, plan_for, planted, population, run
from tests.truth.weather import (
    CLIMATES,
    LONG_WEB_STALL,
    WEB_STALL,
    Climate,
    native_stalls,
    over,
    web_stalls,
)

pytestmark = pytest.mark.numbers

FEW, MANY = range(3_000), range(3_000, 30_000)
"""So many that chance moves a share of 0.95 by less than half of what it may be off."""
ALIKE = ("gaussian", "recorded", "stalls", "drift")
"""Whatever happens hits both sides alike."""
BETWEEN = ("gap", "residual")
"""What lies between native and web and is no cause: there a stall of one side is seen, nowhere else."""
LEAST = {("stalls", "gap", FEW): 0.93}
"""What holds of fewer than 93.5 %. Where trials of both sides stall, 93.65 % of the gap's intervals hold over
27,000 machines: over a ninth of these chance alone moves that by 0.9 %, twice its standard error."""
KNOWN_LIMITS = {WEB_STALL: (0.876, 0.895), LONG_WEB_STALL: (0.728, 0.762)}
"""How much longer such a stall takes → of how many of these the interval holds, over 27,000 machines,
whichever side it is that stalls. The README says so, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Of one population, as shares of its machines."""

    coverage: dict[str, float]
    ranked_right: float


@cache
def told(climate: str, seeds: range) -> Told:
    """Gone through once for whatever is asked of it."""
    outcomes = list(population(seeds, CLIMATES[climate]))
    return Told(
        coverage=coverage(outcomes),
        ranked_right=float(np.mean([outcome.ranked_right for outcome in outcomes])),
    )


def coverage(outcomes: Sequence[Outcome]) -> dict[str, float]:
    return {name: float(np.mean([outcome.holds(name) for outcome in outcomes])) for name in outcomes[0].found}


def check_coverage(climate: str, seeds: range) -> None:
    found = told(climate, seeds).coverage
    assert np.mean(list(found.values())) == pytest.approx(0.95, abs=0.015), found
    least = {name: LEAST.get((climate, name, seeds), 0.935) for name in found}
    assert all(least[name] <= share <= 0.965 for name, share in found.items()), found


def covered_where_believed(climate: Climate, seeds: range) -> dict[str, float]:
    """Of reports that are not flagged, which most are not."""
    outcomes = list(population(seeds, climate))
    believed = [outcome for outcome in outcomes if not outcome.unreliable]
    assert len(believed) >= 0.8 * len(outcomes)
    return coverage(believed)


def check_one_sided(seeds: range) -> None:
    found = covered_where_believed(CLIMATES["web-stalls"], seeds)
    assert np.mean(list(found.values())) >= 0.93, found
    assert all(share >= 0.93 for name, share in found.items() if name not in BETWEEN), found


def check_known_limits(climate: Climate, longer: float, seeds: range) -> None:
    """Half of all runs of six rounds see no such round: their intervals are of another machine."""
    found = covered_where_believed(climate, seeds)
    assert tuple(found[name] for name in BETWEEN) == pytest.approx(KNOWN_LIMITS[longer], abs=0.01), found
    assert all(share >= 0.93 for name, share in found.items() if name not in BETWEEN), found


def check_ranks(climate: str, seeds: range) -> None:
    """Simultaneous intervals: at most one report in twenty puts any cause before a larger one."""
    assert told(climate, seeds).ranked_right >= 0.95


def check_null(climate: str, seeds: range) -> None:
    """Causes and their parts together."""
    blamed = np.mean([outcome.blamed for outcome in population(seeds, CLIMATES[climate], null=True)])
    assert blamed <= 0.05


@pytest.mark.parametrize("climate", ALIKE)
def test_planted_factors_lie_inside_their_intervals(climate: str) -> None:
    check_coverage(climate, FEW)


def test_stalls_of_one_side_are_covered_wherever_the_report_is_not_flagged() -> None:
    check_one_sided(FEW)


@pytest.mark.parametrize("longer", KNOWN_LIMITS)
def test_the_gap_is_covered_less_where_the_web_alone_stalls_as_the_readme_tells(longer: float) -> None:
    check_known_limits(web_stalls(longer), longer, FEW)


@pytest.mark.parametrize("climate", CLIMATES)
def test_what_is_resolved_is_ranked_right(climate: str) -> None:
    check_ranks(climate, FEW)


@pytest.mark.parametrize("climate", CLIMATES)
def test_machines_without_a_cause_blame_nobody(climate: str) -> None:
    check_null(climate, FEW)


@pytest.mark.long
@pytest.mark.parametrize("climate", ALIKE)
def test_they_do_so_over_tens_of_thousands(climate: str) -> None:
    check_coverage(climate, MANY)
    check_ranks(climate, MANY)
    check_null(climate, MANY)


@pytest.mark.long
def test_stalls_of_one_side_do_so_over_tens_of_thousands() -> None:
    check_one_sided(MANY)
    check_ranks("web-stalls", MANY)
    check_null("web-stalls", MANY)


@pytest.mark.long
@pytest.mark.parametrize("longer", KNOWN_LIMITS)
@pytest.mark.parametrize("stalls", [web_stalls, native_stalls])
def test_which_side_it_is_that_stalls_makes_no_difference(
    stalls: Callable[[float], Climate], longer: float
) -> None:
    check_known_limits(stalls(longer), longer, MANY)


def check_against_a_whole_run(seed: int, climate: str, folder: Path) -> None:
    """The same machine, the same weather: measured, written down, read and analysed."""
    expected, plan, rng = run(seed, CLIMATES[climate]), plan_for(seed), np.random.default_rng([seed, 1])
    ln_ms = planted(rng, plan)
    weather = over(plan, CLIMATES[climate].draw(rng, plan))
    latency_ms = ladder_ms({}) | dict(zip(plan.rungs, map(float, np.exp(ln_ms)), strict=True))
    machine = dataclasses.replace(BARE, latency_ms=latency_ms, weather=weather)
    recording = test_whole_run.run(machine, folder, replace(SETTINGS, seed=seed))
    case = Case(recording)
    diagnosis = case.get(diagnose)
    assert diagnosis.gap is not None
    assert diagnosis.gap.values == pytest.approx(expected.found["gap"].values, abs=1e-9)
    for finding in diagnosis.findings:
        if finding.exercised and finding.contrast is not None:
            values = expected.found[finding.cause.id].values
            assert finding.contrast.values == pytest.approx(values, abs=1e-9), finding.cause.id
    told = {
        name: row.verdict
        for cause in cause_rows(case, diagnosis)
        for name, row in ((cause.id, cause), *((f"{cause.id}/{part.id}", part) for part in cause.children))
    }
    assert {name: told[name] for name in expected.verdicts} == expected.verdicts


@pytest.mark.parametrize("climate", ["gaussian", "recorded", "drift", "web-stalls"])
def test_the_shortcut_is_what_the_whole_program_does(climate: str, tmp_path: Path) -> None:
    check_against_a_whole_run(3, climate, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4, 24))
def test_the_shortcut_is_what_the_whole_program_does_for_many_seeds(seed: int, tmp_path: Path) -> None:
    for climate in ("gaussian", "recorded", "drift"):
        folder = tmp_path / climate
        folder.mkdir()
        check_against_a_whole_run(seed, climate, folder)
