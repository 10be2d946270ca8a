"""What `planted_losses.py` says of a plant: charged rightly, wrongly, or that its measurement failed."""

import importlib
import math
from typing import Any

import pytest

from gapprof import Report
from gapprof.backends.synthetic import Machine, PlantedNode, ladder_ms
from gapprof.explain.report import build
from gapprof.facts.estimates import factor_of
from gapprof.records.estimate import Estimate
from gapprof.records.settings import Settings
from tests.scripts import script
from tests.truth.recorder import record
from tests.unit.facts.twins import with_twins

PLANTED = script("benchmarks/planted_losses.py")
CHARGED, TILES = (importlib.import_module(f"lost.{name}") for name in ("charged", "two_sides"))
FITS, SPILLS, BROWSER, NATIVELY = TILES.FITS, TILES.SPILLS, TILES.BROWSER, TILES.NATIVELY
SLOWER = 1.5
CLEAR = Estimate(point=SLOWER, low=1.45, high=1.55, level=0.95, rounds=6)
VAGUE = Estimate(point=SLOWER, low=0.9, high=2.5, level=0.95, rounds=6)


def report(*, web: float = 1.0, twin: float = 1.0) -> Report:
    """Of a model of one kernel: how many times longer it takes in the browser, and its twin as wasm."""
    machine = Machine(
        latency_ms=ladder_ms({"native-128": 2.0, "native-all-128": 2.0, "web-worker": 2.0 * web}),
        nodes=(PlantedNode(name="conv", op_type="Conv"),),
    )
    twins = {"conv": {"sse41": 25.0, "avx128": 20.0, "wasm": 22.0 * twin}}
    return build(with_twins(record(machine, Settings(threads=1), page_threads=1), twins))


def judged(planted: Report, direct: Estimate) -> Any:
    return CHARGED.loss(
        "engine",
        "a slower engine",
        direct,
        planted=planted,
        without=report(),
        where="runtime/engine",
        elsewhere=("library", "simd"),
        sides={BROWSER: direct},
    )


@pytest.fixture(scope="module")
def by_the_engine() -> Report:
    return report(web=SLOWER, twin=SLOWER)


@pytest.fixture(scope="module")
def by_the_library() -> Report:
    return report(web=SLOWER)


def test_what_is_charged_where_it_was_planted_is_right(by_the_engine: Report) -> None:
    found = judged(by_the_engine, CLEAR)
    assert found.outcome == "rightly"
    assert math.exp(found.where.gained) == pytest.approx(SLOWER, rel=0.02)
    assert PLANTED.exit_code([found]) == 0


def test_what_is_charged_elsewhere_is_wrong_and_ends_with_1(by_the_library: Report) -> None:
    found = judged(by_the_library, CLEAR)
    assert found.outcome == "wrongly"
    assert PLANTED.told(found).endswith("WRONGLY")
    assert PLANTED.exit_code([judged(by_the_library, VAGUE), found]) == 1


def test_a_vague_measurement_is_a_failed_one_however_things_were_charged(by_the_engine: Report) -> None:
    found = judged(by_the_engine, VAGUE)
    assert found.outcome == "undecided"
    assert "THE MEASUREMENT FAILED" in PLANTED.told(found)
    assert PLANTED.told(found).endswith("measure again")
    assert PLANTED.exit_code([judged(by_the_engine, CLEAR), found]) == 2


def test_a_tile_is_told_on_both_sides_beside_what_the_browser_loses_by_it(by_the_engine: Report) -> None:
    samples = {FITS: (100.0, 100.0), SPILLS: (150.0, 150.0)}, {FITS: (80.0, 80.0), SPILLS: (88.0, 88.0)}
    rounds = [TILES.Round(wasm=samples[0], native=samples[1])] * 3
    sides = {side: factor_of(times) for side, times in TILES.by_side(rounds).items()}
    assert (sides[BROWSER].point, sides[NATIVELY].point) == (pytest.approx(1.5), pytest.approx(1.1))
    assert math.exp(TILES.directly(rounds).mean) == pytest.approx(1.5 / 1.1)
    told = PLANTED.told(judged(by_the_engine, CLEAR))
    assert "directly 1.50x [1.45, 1.55] (in the browser 1.50x [1.45, 1.55]); " in told
