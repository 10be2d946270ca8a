"""The contract of the attribution: it always adds up, whatever this machine could not give."""

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapprof.backends.synthetic import Machine, PlantedFailure, PlantedPage, ladder_ms
from gapprof.explain.diagnosis import diagnose
from gapprof.explain.report import build
from gapprof.explain.top_factors import contrasts
from gapprof.facts.case import Case
from gapprof.facts.readings import order
from gapprof.records.recording import Recording
from gapprof.records.report import Report
from gapprof.records.settings import Settings
from gapprof.records.trial import ThreadUse
from gapprof.stats.contrast import add_weights
from tests.truth.recorder import FULL, RUNGS, record
from tests.unit.facts.pages import IDLE

FACTORS = {
    "native-threads": 2.0,
    "native-extended": 2.4,
    "native-all-128": 3.8,
    "native-128": 2.5,
    "native-avx2": 1.6,
    "native-avx": 1.1,
    "web-worker": 1.3,
    "web-flags": 1.2,
    "web-graph": 0.95,
    "web-main": 1.05,
    "web-paced": 1.1,
    "web": 1.4,
    "web-busy": 1.5,
    "web-threads": 0.6,
}
INNER = sorted(set(RUNGS) - {"native", "web"})
SETTINGS = (
    FULL,
    Settings(),
    Settings(where="worker"),
    Settings(threads=4, isolation=False),
    Settings(page="busy", js_flags=("--liftoff-only",), where="worker"),
)


def machine(missing: frozenset[str] = frozenset(), rounds: frozenset[int] | None = None) -> Machine:
    failures = tuple(PlantedFailure(rung=rung, message="gone", rounds=rounds) for rung in sorted(missing))
    return Machine(latency_ms=ladder_ms(FACTORS), noise=0.03, launch_noise=0.02, failures=failures)


def assert_it_adds_up(recording: Recording) -> Report:
    report = build(recording)
    total = add_weights([*(row.weights for row in report.causes), report.residual.weights])
    assert total == pytest.approx({"web": 1.0, "native": -1.0})
    case = Case(recording)
    diagnosis = diagnose(case)
    flow = 0.0
    for rung in order(case):  # each step of the ladder is somebody's or nobody's, never claimed twice
        flow += report.residual.weights.get(rung, 0.0)
        assert flow == pytest.approx(0.0, abs=1e-9) or flow == pytest.approx(-1.0)
    assert diagnosis.gap is not None
    assert diagnosis.residual is not None
    parts = [f.contrast for f in diagnosis.findings if f.contrast is not None]
    for number, gap in diagnosis.gap.by_round.items():
        there = math.fsum([*(part.by_round[number] for part in parts), diagnosis.residual.by_round[number]])
        assert there == pytest.approx(gap, abs=1e-9)
    measured = [row for row in report.causes if row.factor is not None]
    logs = math.fsum(math.log(row.factor.point) for row in measured if row.factor)
    assert report.gap.ratio is not None
    assert report.residual.factor is not None
    assert logs + math.log(report.residual.factor.point) == pytest.approx(
        math.log(report.gap.ratio.point), abs=1e-9
    )
    assert report.gap.delta_ms is not None
    assert report.residual.ms is not None
    ms = math.fsum(row.ms.point for row in measured if row.ms) + report.residual.ms.point
    assert ms == pytest.approx(report.gap.delta_ms.point, rel=1e-9, abs=1e-9)
    for row in measured:
        if row.children:
            whole = add_weights(child.weights for child in row.children)
            assert whole == pytest.approx(row.weights)
            inner = math.fsum(math.log(child.factor.point) for child in row.children if child.factor)
            assert row.factor is not None
            assert inner == pytest.approx(math.log(row.factor.point), abs=1e-9)
    return report


@pytest.mark.parametrize("asked", SETTINGS)
def test_the_whole_ladder_adds_up(asked: Settings) -> None:
    assert_it_adds_up(record(machine(), asked, side_rounds=3))


@given(missing=st.frozensets(st.sampled_from(INNER)), asked=st.sampled_from(SETTINGS), passes=st.booleans())
@settings(max_examples=150)
def test_whatever_is_missing_the_rest_adds_up(missing: frozenset[str], asked: Settings, passes: bool) -> None:
    if asked.page == "quiet":  # then `web` has no trials but those of `web-paced`
        missing -= {"web-paced"}
    assert_it_adds_up(record(machine(missing), asked, side_rounds=2, passes=passes))


@given(missing=st.frozensets(st.sampled_from(INNER), max_size=4), lost=st.frozensets(st.integers(0, 5)))
@settings(max_examples=60)
def test_rounds_with_holes_are_dropped_for_all(missing: frozenset[str], lost: frozenset[int]) -> None:
    report = assert_it_adds_up(record(machine(missing, lost)))
    assert report.rounds >= 1


MS = st.floats(0.0, 30.0)
PAGES = st.builds(
    lambda late_ms, run_queue_ms, outside_ms, stolen_ms, tab_ms: PlantedPage(
        late_ms=late_ms,
        run_queue_ms=run_queue_ms,
        outside_ms=outside_ms,
        stolen_ms=stolen_ms,
        held=IDLE,
        others=(ThreadUse(process="other renderer", thread="chrome", cpu_ms=tab_ms, run_queue_ms=0.0),),
    ),
    *[MS] * 5,
)


@given(
    quiet=PAGES,
    page=PAGES,
    missing=st.frozensets(st.sampled_from(INNER), max_size=3),
    lost=st.frozensets(st.integers(0, 5), max_size=4),
    asked=st.sampled_from((FULL, Settings(page="busy", where="worker"))),
    passes=st.booleans(),
)
@settings(max_examples=60)
def test_with_load_from_outside_on_either_page_the_rest_adds_up(
    quiet: PlantedPage,
    page: PlantedPage,
    missing: frozenset[str],
    lost: frozenset[int],
    asked: Settings,
    passes: bool,
) -> None:
    loaded = dataclasses.replace(machine(missing, lost), pages={"web-paced": quiet, "web": page})
    report = assert_it_adds_up(record(loaded, asked, passes=passes))
    contention = next(row for row in report.causes if row.id == "contention")
    for row in contention.children:
        if row.children:
            assert add_weights(child.weights for child in row.children) == pytest.approx(row.weights)
            inner = math.fsum(math.log(child.factor.point) for child in row.children if child.factor)
            assert row.factor is not None
            assert inner == pytest.approx(math.log(row.factor.point), abs=1e-9)


@pytest.mark.parametrize("reason", ["no ceiling on this machine"])
def test_a_refused_ceiling_leaves_simd_unmeasured_and_says_where_it_went(reason: str) -> None:
    refused = Machine(latency_ms=ladder_ms(FACTORS), refusals={("native", "isa", "128"): reason})
    report = assert_it_adds_up(record(refused))
    simd = next(row for row in report.causes if row.id == "simd")
    assert simd.verdict == "not-measured"
    assert reason in simd.why
    assert "simd" in report.residual.why
    assert report.status == "ok"


def test_contrasts_for_planning_are_those_of_the_report() -> None:
    recording = record(machine())
    values = contrasts(recording)
    assert {"threads", "simd", "library", "runtime", "contention", "residual", "gap"} == set(values)
    parts = [values[name] for name in values if name != "gap"]
    assert [math.fsum(column) for column in zip(*parts, strict=True)] == pytest.approx(values["gap"])
