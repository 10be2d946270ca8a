"""A CNN on WebGL, from command to report: nothing is replayed, and the report says what that leaves open."""

from pathlib import Path

import pytest

from gapprof import Report
from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.records.report import CauseRow, RungRow
from tests.browser.gpu_models import job_of
from tests.live.conftest import Explained


@pytest.fixture(scope="module")
def report(explained: Explained, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Of a small one, for software; in one round: nothing is claimed of intervals."""
    model = Path(job_of("cnn", tmp_path_factory.mktemp("webgl")).model_path)
    return explained(of=model, backend="webgl", rounds=1)


def cause(report: Report, name: str) -> CauseRow:
    return next(row for row in report.causes if row.id == name)


def rung(report: Report, name: str) -> RungRow:
    return next(row for row in report.rungs if row.id == name)


def test_every_rung_in_the_browser_has_its_time(report: Report) -> None:
    for name in ("web-session", "web-paced", "web"):
        assert rung(report, name).latency_ms is not None, rung(report, name).why
    assert report.latency_ms.web is not None


def test_outputs_agree_with_native_s_on_the_processor(report: Report) -> None:
    (check,) = (one for one in report.checks if one.id == "outputs")
    assert (check.status, "native-cpu" in check.text) == ("pass", True)


def test_who_draws_is_said_by_webgl_itself(report: Report) -> None:
    (check,) = (one for one in report.checks if one.id == "adapter")
    assert "WebGL" in check.text
    software = "SwiftShader" in check.text
    assert check.status == ("fail" if software else "pass")
    assert report.headline.lower().startswith(SOFTWARE_SENTENCE.lower()) == software


def test_the_build_that_ran_is_named(report: Report) -> None:
    assert report.versions["build"] == "webgl"
    assert "WebGL" in report.versions["adapter"]


def test_what_nothing_tells_apart_is_not_measured_and_says_so(report: Report) -> None:
    layer = cause(report, "gpu-abstraction")
    assert (layer.verdict, layer.factor) == ("not-measured", None)
    assert "nothing replays WebGL's calls" in layer.why
    assert report.gap.ratio is None
    (event_loop,) = cause(report, "runtime").children
    assert event_loop.factor is not None
