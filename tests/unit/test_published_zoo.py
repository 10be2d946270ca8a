"""What the published runs of the zoo reached: named here, and read off their own reports and recordings."""

import math
from functools import cache
from pathlib import Path

import pytest

from gapprof.facts.profiles import NATIVE, WEB
from gapprof.recordings import read_run
from gapprof.records.estimate import Estimate
from gapprof.records.recording import Recording, RoundStarted
from gapprof.records.report import Report
from gapprof.records.trial import Failure, Trial, took_s
from gapprof.reports import read_report
from gapprof.stats.contrast import FEWEST_PASSES
from gapprof.text import numbers
from tests.unit.published import operators_add_up, passes

FOLDER = Path(__file__).parents[2] / "reports" / "zoo"
MODELS = ("bert-small", "decoder-small", "int8-cnn", "mobilenetv2", "resnet20", "resnet50", "squeezenet")
PRECISE = ("bert-small", "mobilenetv2", "resnet20")
"""All of whose figures are known to within the precision that a run aims at."""
IN_TIME = ("bert-small", "int8-cnn", "mobilenetv2", "resnet20", "squeezenet")
"""Whose rounds and passes took no longer than the budget, start-up aside."""
PRECISION_PERCENT, BUDGET_S, OVERDRAFT = 5.0, 120.0, 3.0
RANKED_S = 25.0
"""Until there is a first ranking on the screen: the first round is over."""

every_model = pytest.mark.parametrize("model", MODELS)


@cache
def report(model: str) -> Report:
    return read_report(FOLDER / f"{model}.json")


@cache
def recording(model: str) -> Recording:
    return read_run(FOLDER / f"{model}.jsonl")


def half_widths_percent(found: Report) -> dict[str, float]:
    """Of every factor on top of the report, on the logarithmic scale on which rounds are planned."""
    tops = {cause.id: cause.factor for cause in found.causes} | {
        "residual": found.residual.factor,
        "gap": found.gap.ratio,
    }
    return {name: _percent(one) for name, one in tops.items() if one is not None}


def _percent(one: Estimate) -> float:
    return 100 * math.expm1(math.log(one.high / one.low) / 2)


def ended_s(model: str) -> float:
    """By the recording's own clock, which begins when the model is loaded."""
    end = recording(model).end
    assert end is not None
    assert end.reason == "finished"
    return end.at_s


def spent_s(model: str) -> float:
    """Of the budget, which waiting for fast cores is no part of."""
    visits = (*recording(model).of(Trial), *recording(model).of(Failure))
    return ended_s(model) - sum(one.ended_s - one.started_s - took_s(one) for one in visits)


def rounds_s(model: str) -> float:
    """The same without start-up, which the budget holds as well: all that comes before the first round."""
    return spent_s(model) - min(one.at_s for one in recording(model).of(RoundStarted))


def test_all_seven_are_published_with_recording_json_and_markdown() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {
        f"{model}{suffix}" for model in MODELS for suffix in (".json", ".jsonl", ".md")
    }


@every_model
def test_each_report_is_ok_and_of_the_model_whose_name_it_has(model: str) -> None:
    found = report(model)
    assert found.model is not None
    assert (found.status, found.model.name) == ("ok", model)
    assert found.tool.argv[:3] == ("gapprof", "explain", f"zoo:{model}")


@pytest.mark.parametrize("model", PRECISE)
def test_every_factor_on_top_is_known_to_five_percent(model: str) -> None:
    found = report(model)
    widths = half_widths_percent(found)
    assert {"threads", "simd", "library", "runtime", "contention", "residual", "gap"} == widths.keys()
    assert found.settings.precision_percent == PRECISION_PERCENT
    assert {name: width for name, width in widths.items() if width > PRECISION_PERCENT} == {}


@pytest.mark.parametrize("model", PRECISE)
def test_a_first_ranking_stood_early(model: str) -> None:
    """By the recording's own clock; what the program takes to start `benchmarks/start_up.py` prints."""
    _, second, *_ = (one.at_s for one in recording(model).of(RoundStarted))
    assert second <= RANKED_S


@every_model
def test_a_report_says_how_precise_its_vaguest_figure_is(model: str) -> None:
    widest = max(half_widths_percent(report(model)).values())
    assert f"widest interval ±{widest:.2g} %" in report(model).sampling


@pytest.mark.parametrize("model", IN_TIME)
def test_rounds_and_passes_take_no_longer_than_the_budget(model: str) -> None:
    assert report(model).settings.budget_s == BUDGET_S
    assert rounds_s(model) <= BUDGET_S


@every_model
def test_a_run_that_takes_longer_than_its_budget_says_so_and_takes_three_times_as_long_at_most(
    model: str,
) -> None:
    assert ended_s(model) <= OVERDRAFT * BUDGET_S
    said = any("take longer than the budget of 120 s" in text for text in report(model).warnings)
    assert said == (spent_s(model) > BUDGET_S)


@every_model
def test_every_operator_was_found_on_both_sides_by_name(model: str) -> None:
    assert report(model).overhead["node_join_share"] == 1.0


@every_model
def test_operators_add_up_to_a_run_that_is_long_enough_on_one_thread(model: str) -> None:
    preflight = recording(model).preflight
    assert preflight is not None
    assert preflight.page_threads == 1
    assert min(passes(recording(model), side) for side in (NATIVE, WEB)) >= FEWEST_PASSES
    operators_add_up(report(model), recording(model))


def test_the_first_page_has_the_sums_of_the_model_that_the_profiler_disturbs_most() -> None:
    page = " ".join((FOLDER.parents[1] / "README.md").read_text(encoding="utf-8").split())
    told = report("decoder-small").overhead
    closed, share, uncut = (
        numbers.percent(told[f"native_{key}"] or 0.0)
        for key in ("profile_closure", "kernel_share", "uncut_closure")
    )
    sums = f"{closed} natively with kernels taken at {share} of what the profiler shows, {uncut} before"
    assert sums in page
