"""What a library may do between its calls to the GPU, planted in front of it: found under its own name."""

from collections.abc import Iterator
from statistics import median

import pytest

from gapprof.backends import chromium
from tests.browser.gpu_found import Bench, Found, benched, on_gpu
from tests.browser.gpu_models import job_of
from tests.browser.gpu_plants import LATE_MS, STALL_MS, library_with


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with benched(tmp_path_factory.mktemp("library")) as found:
        yield found


@pytest.fixture(scope="module")
def plain(bench: Bench) -> Found:
    """Run by the library as well, where somebody listens, and nothing planted in front of it."""
    found = bench.explained(on_gpu(job_of("links", bench.new("plain"))))
    return found.with_session(bench.session(found.job))


def assert_costs_more(planted: Found, without: Found, name: str) -> None:
    more, less = planted.row(name), without.row(name)
    assert more.verdict == "costs", more.why
    assert more.factor is not None
    assert less.factor is not None
    assert more.factor.point > less.factor.point


def test_the_library_is_listened_to_after_it_was_timed(plain: Found) -> None:
    trial = plain.trials["web-session"]
    assert len(trial.courses) == chromium.LISTENED_RUNS
    submits = plain.calls.summary.runs[-1].submits
    assert {one.submits for one in trial.courses} == {submits}
    names = [one.id for one in plain.row("library-work").children]
    assert names == ["before-first-submit", "submission-gaps", "after-submits"]
    assert "From its begin to its last submit a run" in plain.said("library-work")


def test_what_runs_on_the_gpu_from_begin_to_end_is_not_said_to_leave_it(plain: Found) -> None:
    assert plain.calls.placed
    row = plain.row("not-on-gpu")
    assert row.verdict == "not-applicable", row.why
    assert not any("Export the model without" in one.text for one in plain.report.actions)


def test_work_before_the_first_submit_is_no_gap_between_submits(bench: Bench, plain: Found) -> None:
    trial = bench.session(plain.job, dist=library_with("late", bench.folder / "late"))
    assert len(trial.courses) == chromium.LISTENED_RUNS
    assert all(one.before_ms >= LATE_MS for one in trial.courses)
    assert any(one.largest_ms < LATE_MS for one in trial.courses), "but for a machine's own"
    assert any(one.before_ms < LATE_MS for one in plain.trials["web-session"].courses)
    assert_costs_more(plain.with_session(trial), plain, "before-first-submit")


@pytest.mark.long
def test_a_stall_between_submits_is_a_gap(bench: Bench) -> None:
    """Behind some submits of so long a chain that every run has one."""
    alone = bench.explained(on_gpu(job_of("long-chain", bench.new("long"))))
    trial = bench.session(alone.job, dist=library_with("stall", bench.folder / "stall"))
    assert len(trial.courses) == chromium.LISTENED_RUNS
    assert all(one.between_ms >= one.largest_ms >= STALL_MS for one in trial.courses)
    without = alone.with_session(bench.session(alone.job))
    for rung in ("web-session", "replay-web"):
        courses = without.trials[rung].courses
        assert any(one.largest_ms < STALL_MS for one in courses), "but for a machine's own"
    found = alone.with_session(trial)
    assert_costs_more(found, without, "submission-gaps")
    assert "at one stretch for" in found.said("library-work")


@pytest.fixture(scope="module")
def anew(bench: Bench) -> Found:
    dist = library_with("anew", bench.folder / "anew")
    return bench.explained(on_gpu(job_of("chain", bench.new("compiling"))), dist=dist)


@pytest.mark.long
def test_a_pipeline_of_every_run_is_made_anew(anew: Found) -> None:
    run = anew.calls.summary.runs[-1]
    assert run.pipelines > 0
    assert run.labels == ("anew",)
    row = anew.row("pipelines-made-anew")
    assert row.factor is not None, row.why
    assert row.factor.point > 1.5, "most of a run is compiling, in a replay as well"
    assert anew.row("pipelines").factor is not None
    assert f"Every run makes {run.pipelines} pipelines anew: anew" in anew.said("pipelines-made-anew")
    (action,) = (one for one in anew.report.actions if "that keeps pipelines" in one.text)
    assert f"every run makes {run.pipelines} anew" in action.text


@pytest.mark.long
@pytest.mark.parametrize("rung", ["replay-web", "replay-native"])
def test_what_is_compiled_in_every_run_is_told_apart_from_submission(anew: Found, rung: str) -> None:
    """Where the page's thread goes on while another process compiles, and where that thread itself does."""
    parts = anew.parts(rung)
    beside = list(zip(parts.whole_ms, parts.compiled_ms, parts.prepared_ms, strict=True))
    compiling = 1 - median(compiled / whole for whole, compiled, _ in beside)
    submission = median((compiled - prepared) / whole for whole, compiled, prepared in beside)
    assert compiling > 1 / 3, "most of a run"
    assert compiling > 2 * abs(submission)
