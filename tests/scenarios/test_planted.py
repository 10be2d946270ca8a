"""Contention that was planted, and a direct A/B of it: what is published is what the raw figures say."""

import math
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec
import pytest
from contention import judged
from msgspec.structs import replace

from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.closing import visited
from gapprof.facts.page_rungs import OUTSIDE
from gapprof.recordings import read_run
from gapprof.records.estimate import Estimate, Verdict
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow
from gapprof.records.trial import Trial
from tests.scripts import ROOT, script

PUBLISHED = sorted((ROOT / "reports" / "planted").glob("*.json"))
ASKED = [file for file in PUBLISHED if "-asking-worker-" not in file.stem]
"""Where the page that burns asks for runs."""
WAITED_FOR = "is mostly requests that wait for the page's main thread to ask"

BENCHMARK = script("benchmarks/planted_contention.py")
REPORT = script("reports/planted.py")

pytestmark = pytest.mark.skipif(not PUBLISHED, reason="`python reports/planted.py` has published nothing yet")


@cache
def planted(file: Path) -> Any:
    return msgspec.json.decode(file.read_bytes(), type=BENCHMARK.Planted)


@cache
def recording_of(file: Path) -> Recording:
    return read_run(file.with_suffix(".jsonl"))


def contention_row(recording: Recording) -> CauseRow:
    return next(row for row in build(recording).causes if row.id == "contention")


def page_row(recording: Recording) -> CauseRow:
    return next(row for row in contention_row(recording).children if row.id == "page")


def without_contention(recording: Recording) -> Recording:
    """The same run, had the page as deployed been as quick as the quiet one in every round."""
    quiet = {
        (one.round, one.visit): one
        for one in recording.of(Trial)
        if one.rung == "web-paced" and not one.struck
    }
    return replace(
        recording,
        entries=tuple(
            _as_quick_as(one, quiet[one.round, 0])
            if isinstance(one, Trial) and one.rung == "web" and (one.round, 0) in quiet
            else one
            for one in recording.entries
        ),
    )


def _as_quick_as(one: Trial, other: Trial) -> Trial:
    """With whoever else used the cores meanwhile: what load from outside took is no part of either page."""
    return replace(one, requests_ms=other.requests_ms, runs_ms=other.runs_ms, load=other.load)


def test_loads_are_published_on_the_main_thread_and_beside_workers_that_are_asked_and_that_ask() -> None:
    """`python reports/planted.py CASE ...` publishes them."""
    wanted = {(where, duty) for where in REPORT.PLACES for duty in (0.25, 0.5, 0.75)}
    assert {(case.where, case.duty) for case in BENCHMARK.CASES} >= wanted
    assert {case.name for case in BENCHMARK.CASES} == {file.stem for file in PUBLISHED}


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
def test_next_to_no_load_from_outside_is_no_step_of_its_ladder(file: Path) -> None:
    """Some visits had a tick or two more than counters are unsure of."""
    found = build(recording_of(file))
    assert OUTSIDE not in {row.id for row in found.rungs}
    assert "outside" not in found.residual.why


def test_the_table_is_of_what_is_published() -> None:
    readme = REPORT.HERE / "README.md"
    assert readme.read_text(encoding="utf-8") == "\n".join(REPORT.table()) + "\n"


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
def test_the_figures_of_both_sides_come_from_requests_and_recording(file: Path) -> None:
    found, row = planted(file), page_row(recording_of(file))
    ratios = [
        fmean(ms for turn in one.burning_ms for ms in turn)
        / fmean(ms for turn in one.at_rest_ms for ms in turn)
        for one in found.launches
    ]
    assert min(ratios) <= found.direct.point <= max(ratios)
    assert found.direct == judged.directly(found.launches)
    assert found.direct_runs == judged.directly_runs(found.launches)
    assert (found.explained, found.verdict) == (row.factor, row.verdict)
    (runs,) = (one for one in row.children if one.id == "slower-runs")
    assert (found.explained_runs, found.runs_verdict) == (runs.factor, runs.verdict)
    assert found.outcome == judged.outcome_of(found.where, found.direct, row.factor, row.verdict)


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
def test_both_sides_ran_the_same_file_with_the_same_options(file: Path) -> None:
    found, recording = planted(file), recording_of(file)
    assert recording.preflight is not None
    web = next(step for step in recording.preflight.ladder if step.rung.id == "web")
    assert found.setting == web.setting
    assert (found.setting.requests_from == "worker") == (found.where == "asking-worker")
    assert found.setting.graph == "own"
    assert found.optimise
    assert found.model_sha256 == recording.begin.model.sha256


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
def test_what_was_planted_is_recovered(file: Path) -> None:
    assert planted(file).outcome == "recovered"


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
def test_contention_as_a_whole_is_what_was_planted_as_well(file: Path) -> None:
    """The step onto the main thread is in it too, and costs next to nothing."""
    found, row = planted(file), contention_row(recording_of(file))
    assert found.contention == row.factor
    assert row.factor is not None
    assert row.factor.point == pytest.approx(found.direct.point, rel=judged.AGREE)
    assert (row.verdict == "costs") == (file in ASKED)


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
def test_where_a_page_asks_a_worker_late_the_headline_says_what_was_waited_for(file: Path) -> None:
    asks_a_worker = planted(file).where == "worker"
    assert (WAITED_FOR in build(recording_of(file)).headline) == asks_a_worker


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
def test_runs_that_nothing_was_planted_on_are_charged_nothing_but_what_they_cost(file: Path) -> None:
    found = planted(file)
    assert judged.unharmed_told(found.direct_runs, found.explained_runs, found.runs_verdict)


@pytest.mark.parametrize("file", ASKED, ids=lambda file: file.stem)
def test_the_load_is_named_as_the_main_threads_own_work(file: Path) -> None:
    """More than half of what the page costs: the timer is all that it does."""
    page = page_row(recording_of(file))
    (work,) = (one for one in page.children if one.id == "main-thread-work")
    assert work.verdict == "costs"
    assert work.factor is not None
    assert page.factor is not None
    assert math.log(work.factor.point) > 0.5 * math.log(page.factor.point)


def test_a_timer_that_burns_half_of_the_time_is_named_with_what_it_takes_of_a_second() -> None:
    file = REPORT.HERE / "resnet20-main-50.json"
    row = contention_row(recording_of(file))
    (named,) = (one for one in row.evidence if one.kind == "trace" and "planted" in one.text)
    assert planted(file).duty == 0.5
    assert named.value == pytest.approx(500, abs=50)
    assert row.verdict == "costs"


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
def test_the_time_of_every_visit_that_is_long_enough_closes(file: Path) -> None:
    """Traced ones, in which blocked time is measured by itself, as well as timed ones."""
    found = [one for one in visited(Case(recording_of(file))) if one.closures]
    assert sum(one.traced for one in found) == 3
    assert len(found) >= 20
    assert all(one.closes for one in found)


@pytest.mark.parametrize("file", ASKED, ids=lambda file: file.stem)
def test_had_explain_seen_nothing_what_was_planted_would_not_be_recovered(file: Path) -> None:
    """A factor of 1 is never taken for it."""
    found = planted(file)
    row = page_row(without_contention(recording_of(file)))
    assert row.factor is not None
    assert row.factor.point == pytest.approx(1.0, abs=1e-6)
    assert judged.outcome_of(found.where, found.direct, row.factor, row.verdict) == "not recovered"


def estimate(point: float, half: float) -> Estimate:
    return Estimate(point=point, low=point - half, high=point + half, level=0.95, rounds=6)


@pytest.mark.parametrize(
    ("direct", "explained", "outcome"),
    [
        (estimate(1.5, 0.05), estimate(1.45, 0.1), "recovered"),
        (estimate(1.5, 0.05), estimate(1.0, 0.01), "not recovered"),
        (
            estimate(1.5, 0.05),
            estimate(1.0, 0.6),
            "not recovered",
        ),  # the intervals meet, the points are apart
        (estimate(1.5, 0.05), estimate(1.4, 0.01), "not recovered"),  # the other way round
        (estimate(1.5, 0.05), None, "not recovered"),
        (estimate(1.5, 0.2), estimate(1.5, 0.1), "undecided"),
        (estimate(1.02, 0.04), estimate(1.02, 0.04), "undecided"),  # the A/B itself saw no load
    ],
)
def test_recovered_is_near_with_intervals_that_meet_where_the_direct_figure_is_beyond_doubt(
    direct: Estimate, explained: Estimate | None, outcome: str
) -> None:
    for where in ("main", "worker"):
        assert judged.outcome_of(where, direct, explained, "costs") == outcome


def test_of_what_nothing_was_planted_on_unclear_or_the_small_true_value_is_right() -> None:
    direct = estimate(1.03, 0.03)
    assert judged.unharmed_told(direct, estimate(1.2, 0.3), "unclear")
    assert judged.unharmed_told(direct, estimate(1.05, 0.02), "costs")
    assert not judged.unharmed_told(direct, estimate(1.3, 0.05), "costs")
    assert not judged.unharmed_told(direct, None, "not-measured")


@pytest.mark.parametrize(
    ("explained", "verdict", "outcome"),
    [
        (estimate(1.0, 0.05), "unclear", "recovered"),
        (estimate(1.03, 0.01), "costs", "recovered"),
        (estimate(2.29, 0.15), "costs", "not recovered"),  # as if the page had asked
        (None, "not-measured", "not recovered"),
    ],
)
def test_a_worker_that_asks_by_itself_is_charged_nothing_or_the_small_true_value(
    explained: Estimate | None, verdict: Verdict, outcome: str
) -> None:
    assert judged.outcome_of("asking-worker", estimate(1.01, 0.02), explained, verdict) == outcome
    assert judged.outcome_of("asking-worker", estimate(1.01, 0.2), explained, verdict) == "undecided"
