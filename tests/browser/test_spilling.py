"""A planted loss of the engine: a kernel whose tile does not fit V8's registers is no loss of the library."""

import math

import pytest
from lost.charged import AGREE, charged, known, row_of
from lost.one_kernel import recording_of
from lost.spilling import REGISTERS, Measured, measured
from lost.two_sides import FITS, SPILLS, directly

from gapprof import Report
from gapprof.explain.report import build
from gapprof.facts.estimates import factor_of
from gapprof.records.estimate import Estimate

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not REGISTERS, reason="nobody counted V8's registers on this processor"),
]
FEWEST, MOST = 3, 12
"""Rounds: as many as a profile needs for a verdict, and more where they differ much."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measured(tmp_path_factory.mktemp("spilling"), fewest=FEWEST, most=MOST)


@pytest.fixture(scope="module")
def direct(ran: Measured) -> Estimate:
    """The second tile against the first one, on the browser's side."""
    return factor_of(directly(ran.rounds))


@pytest.fixture(scope="module")
def reports(ran: Measured) -> dict[str, Report]:
    """By the tile of the library's kernel."""
    return {library: build(recording_of(ran, library)) for library in (FITS, SPILLS)}


def test_the_tile_costs_in_the_browser_what_it_does_not_cost_natively(
    ran: Measured, direct: Estimate
) -> None:
    assert ran.vectors[FITS] <= REGISTERS < ran.vectors[SPILLS]
    assert direct.point > 1


@pytest.fixture
def sure(direct: Estimate) -> float:
    """ln of what was planted; where that is not known, nothing was tested."""
    if not known(direct):
        pytest.fail(
            f"the measurement failed: {direct.rounds} rounds do not tell what the tile costs; measure again "
            "on a machine that does nothing else"
        )
    return math.log(direct.point)


def test_what_it_costs_is_told_as_pressure_on_registers(sure: float, reports: dict[str, Report]) -> None:
    pressed = row_of(reports[SPILLS], "runtime/register-pressure")
    assert pressed.factor is not None
    assert abs(math.log(pressed.factor.point) - sure) < AGREE
    assert pressed.verdict == "costs"


def test_a_library_whose_tile_fits_loses_nothing_by_that(reports: dict[str, Report]) -> None:
    pressed = row_of(reports[FITS], "runtime/register-pressure")
    assert pressed.factor is None
    assert "no hot function that was replayed as in the run needs more than" in pressed.why


@pytest.mark.parametrize("other", ["library", "runtime/engine", "simd"])
def test_what_it_costs_is_charged_to_nothing_else(
    other: str, sure: float, reports: dict[str, Report]
) -> None:
    """Twins have the tile that fits, and native code of both is alike."""
    assert abs(charged(reports[SPILLS], reports[FITS], other).gained) < min(AGREE, sure / 2)
