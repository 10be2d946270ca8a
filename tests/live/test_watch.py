"""`explain` without a MODEL: what a page runs by itself, and the ladder about it, by that run's own trials.

With the ends of the ladder and two of the conditions of a latency in `make test`; whole in `make test-long`.
"""

import hashlib
import math
from pathlib import Path
from statistics import fmean

import pytest

from gapprof import Report
from gapprof.facts.case import Case
from gapprof.facts.cells import measured
from gapprof.records.observed import PageObserved
from gapprof.records.surface import Surface
from gapprof.render.markdown import MarkdownRenderer
from gapprof.terminal.sheet import drawn
from gapprof.text import numbers
from tests.live.app import THREADS
from tests.live.closing import assert_closes
from tests.live.conftest import SEEN_MS, Explained, Recorded

TRIED = ("web-debugged", "web-in-worker")
"""Of the conditions that a latency asks for, in `make test`: one under which runs take longer, and one that
may make them so."""
BEGINNING = "the first run, with session creation"
"""The condition that makes a run longest: it has another one in it, and several ms of work before."""


@pytest.fixture(scope="module")
def report(explained: Explained, app_page: str) -> Report:
    """What the page runs without COOP and COEP, and a latency that somebody saw of it; in one round, and
    without a trace: nothing is claimed of what else the page does.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gapprof.measure.wanted.CONDITION_RUNGS", TRIED)
        patch.setattr("gapprof.measure.passes.TRACE_PASSES", 0)
        return explained(of=None, page=app_page, isolation=False, rungs="ends", observed_ms=SEEN_MS, rounds=1)


def test_the_report_is_about_the_pages_own_model(report: Report, model: Path) -> None:
    page = report.observed
    assert page is not None
    assert page.model_sha256 == hashlib.sha256(model.read_bytes()).hexdigest() == report.model.sha256
    assert report.model.name == "cnn"
    assert page.fed
    assert page.runs >= 2
    assert page.version == report.versions["onnxruntime-web"]
    assert report.gap.ratio is not None, report.status_why
    assert report.gap.ratio.low > 0


def test_the_ladder_has_the_conditions_of_the_page(report: Report) -> None:
    settings = report.settings
    assert (settings.page, settings.isolation, settings.where, settings.threads) == (
        "quiet",
        False,
        "main",
        THREADS,
    )


def test_the_page_was_not_isolated_and_that_is_said(report: Report) -> None:
    page = report.observed
    assert page is not None
    assert (page.isolated, page.threads_asked) == (False, THREADS)
    assert any(check.kind == "subject" and "isolat" in check.text for check in report.checks)


def test_the_report_closes(report: Report) -> None:
    assert_closes(report)


@pytest.mark.long
def test_the_pages_runs_are_held_against_the_ladders(seen: Report, recorded: Recorded) -> None:
    """All but its first one, against the same model in a loop where the page runs it."""
    page, recording = seen.observed, recorded(seen)
    assert page is not None
    assert page.times_deployed is not None
    (own,) = recording.of(PageObserved)
    _, *later_ms = own.session.runs_ms
    looped_ms = Case(recording).get(measured)["web-main"].values()
    times = math.exp(fmean(map(math.log, later_ms)) - fmean(map(math.log, looped_ms)))
    assert page.times_deployed.point == pytest.approx(times)
    assert page.times_deployed.low <= times <= page.times_deployed.high


@pytest.mark.long
def test_a_latency_that_somebody_saw_is_held_against_every_condition(seen: Report) -> None:
    """Nobody names a rung: the latency alone asks for them."""
    found = seen.reproduction
    assert found is not None
    assert seen.settings.rungs == "main"
    assert found.observed_ms == SEEN_MS
    alone = {one.conditions for one in found.rows if len(one.conditions) <= 1}
    assert {
        (),
        ("the first run",),
        ("the first run, with session creation",),
        ("in a worker",),
        ("a busy page",),
        ("DevTools open (its debugger is on)",),
        ("cross-origin isolated",),
    } <= alone
    assert found.not_measured == ()


def test_the_nearest_conditions_are_made_all_at_once(report: Report) -> None:
    """Nothing makes a run of this small model last so long: the longest beginning with whatever slows it down
    comes nearest. An engine that does not optimise does; a machine at other work may hide it.
    """
    found = report.reproduction
    assert found is not None
    base, *alone = (one for one in found.rows if len(one.conditions) <= 1)
    slower = {one.conditions[0] for one in alone if one.ms.point > base.ms.point}
    slower -= {"the first run", BEGINNING}
    made = [one for one in found.rows if len(one.conditions) > 1]
    assert bool(made) == bool(slower)
    text = drawn(report, Surface(width=100, colour=False, unicode=True))
    assert ("the same, all at once (measured)" in text) == bool(made)
    for one in made:
        assert BEGINNING in one.conditions
        assert set(one.conditions) <= {BEGINNING, *slower}
        assert one.measured_ms is not None, one.why_not_measured
        assert one.measured_ms.point > base.ms.point, "a session is made for longer than such a run takes"


def test_it_can_be_read(report: Report) -> None:
    text = drawn(report, Surface(width=100, colour=False, unicode=True))
    assert "What the page does by itself" in text
    assert "cnn.onnx" in text
    assert "What the page does by itself" in MarkdownRenderer().render(report, Surface())


def test_where_the_latency_could_come_from_can_be_read(report: Report) -> None:
    text = drawn(report, Surface(width=100, colour=False, unicode=True))
    assert "What the page does by itself" in text
    assert f"Where {numbers.ms(SEEN_MS)} could come from" in text
