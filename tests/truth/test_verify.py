"""`--verify`: predicted changes are made and measured; what came true is told from what did not."""

import json
import math
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.digest.verified import came_true
from gapprof.explain.report import build
from gapprof.records import schema
from gapprof.records.codec import encode_report
from gapprof.records.recording import Recording, RoundStarted
from gapprof.records.report import Report, WhatIf
from gapprof.records.settings import Settings
from gapprof.records.surface import Surface
from gapprof.records.trial import Trial
from gapprof.render import markdown, terminal
from gapprof.stats.interval import t_quantile
from gapprof.stats.verdict import simultaneous_level
from tests.truth.test_whole_run import run

COSTS = {"web-graph": 1.3, "web-main": 1.4}
VERIFY = Settings(threads=2, verify=True, budget_s=3600.0)


def machine(factors: dict[str, float], **options: object) -> Machine:
    return Machine(latency_ms=ladder_ms(factors), noise=0.01, launch_noise=0.005, **options)


def what_if(report: Report, rung: str) -> WhatIf:
    return next(one for one in report.what_ifs if one.rung == rung)


def visits(recording: Recording, rung: str) -> int:
    return sum(rung in started.order for started in recording.of(RoundStarted))


def test_a_prediction_that_comes_true_is_told_from_one_that_does_not(tmp_path: Path) -> None:
    """On this page the optimised file brings nothing: its gain and something else of the page interact."""
    recording = run(machine(COSTS | {"web-optimised": 1.0}), tmp_path, VERIFY)
    report = build(recording)
    worker, graph = what_if(report, "web-in-worker"), what_if(report, "web-optimised")
    assert (worker.prediction, graph.prediction) == ("holds", "fails")
    assert worker.ratio is not None
    assert graph.ratio is not None
    assert worker.ratio.point == pytest.approx(1.0, abs=0.05)
    assert graph.ratio.point == pytest.approx(1.3, rel=0.05)
    assert visits(recording, "web-in-worker") == visits(recording, "web-optimised") == 6


def test_two_predictions_are_judged_at_once(tmp_path: Path) -> None:
    """Outside of its own 95 % interval, and inside the one at which both hold: that is no failure."""
    noisy = Machine(latency_ms=ladder_ms(COSTS), noise=0.02, launch_noise=0.06)
    recording = run(noisy, tmp_path, replace(VERIFY, precision_percent=50.0))
    ratio = what_if(build(recording), "web-optimised").ratio
    assert ratio is not None
    own = math.log(ratio.high / ratio.low) / 2
    of_both = own * t_quantile(simultaneous_level(2), ratio.rounds) / t_quantile(0.95, ratio.rounds)
    verdicts = {}
    for apart in ((own + of_both) / 2, 1.1 * of_both):
        report = build(slower(recording, "web-optimised", by=math.exp(apart) / ratio.point))
        one = what_if(report, "web-optimised")
        assert one.ratio is not None
        assert one.ratio.low > 1
        assert one.ratio.point > 1.05
        assert {row.rung for row in report.what_ifs if row.prediction} == {"web-in-worker", "web-optimised"}
        verdicts[one.prediction] = came_true(one)
    assert verdicts["holds"] == "within a wider one"
    assert verdicts["fails"].startswith("outside: 1.")


def slower(recording: Recording, rung: str, *, by: float) -> Recording:
    """Every request of that rung took so many times what it took."""
    return replace(
        recording,
        entries=tuple(
            replace(one, requests_ms=tuple(by * ms for ms in one.requests_ms))
            if isinstance(one, Trial) and one.rung == rung
            else one
            for one in recording.entries
        ),
    )


def test_a_ratio_is_the_quotient_of_what_is_printed_beside_it(tmp_path: Path) -> None:
    for one in build(run(machine(COSTS), tmp_path, VERIFY)).what_ifs:
        if one.ratio is not None and one.predicted_ms is not None and one.measured_ms is not None:
            assert one.ratio.point == pytest.approx(one.measured_ms.point / one.predicted_ms.point)


def test_what_was_made_and_measured_is_no_prediction_any_more(tmp_path: Path) -> None:
    report = build(run(machine(COSTS | {"web-optimised": 1.0}), tmp_path, VERIFY))
    assert [(one.cause, one.basis) for one in report.actions] == [("contention", "measured")]
    measured = what_if(report, "web-in-worker").measured_ms
    assert measured is not None
    assert report.actions[0].then_ms.point == pytest.approx(measured.point, rel=0.01)


@pytest.mark.parametrize(("really", "verdict"), [(1 / 3, "holds"), (0.6, "fails")])
def test_headers_are_predicted_by_what_the_bench_page_gains_from_every_core(
    really: float, verdict: str, tmp_path: Path
) -> None:
    """Native gains twice as much, which is a reason to try and no prediction."""
    asked = Settings(threads=4, isolation=False, where="worker", verify=True, budget_s=3600.0)
    factors = {"native-threads": 6.0, "web-paced-threads": 1 / 3, "web-isolated": really}
    report = build(run(machine(factors), tmp_path, asked))
    assert what_if(report, "web-isolated").prediction == verdict
    assert [(one.cause, one.basis) for one in report.actions] == [("threads", "measured")]


def test_fewer_threads_than_natives_are_predicted_by_nothing(tmp_path: Path) -> None:
    asked = Settings(threads=2, isolation=False, verify=True, budget_s=3600.0)
    factors = {"native-threads": 3.0, "web-paced-threads": 0.4, "web-isolated": 0.5}
    report = build(run(machine(factors), tmp_path, asked))
    assert what_if(report, "web-isolated").predicted_ms is None
    assert what_if(report, "web-threads").predicted_ms is not None


def test_flags_that_cost_are_taken_away(tmp_path: Path) -> None:
    asked = Settings(threads=2, where="worker", js_flags=("--slow",), verify=True, budget_s=3600.0)
    report = build(run(machine({"web-flags": 1.5}), tmp_path, asked))
    assert what_if(report, "web-stock").prediction == "holds"


SCALAR = Settings(threads=2, web_dist="dist", rungs="web-simd-118,web-scalar", verify=True, budget_s=3600.0)


@pytest.mark.parametrize(("really", "verdict"), [(1 / 3, "holds"), (0.6, "fails")])
def test_a_build_with_simd_is_predicted_by_1_18_and_measured_with_the_pinned_one(
    really: float, verdict: str, tmp_path: Path
) -> None:
    factors = {"web-scalar": 3.0, "web-pinned-build": really}
    recording = run(machine(factors, wasm_simd=False), tmp_path, SCALAR)
    report = build(recording)
    assert visits(recording, "web-pinned-build") == 6
    assert what_if(report, "web-pinned-build").prediction == verdict
    assert [(one.cause, one.basis) for one in report.actions] == [("simd", "measured")]


def test_a_build_of_ones_own_that_has_simd_is_not_replaced_unasked(tmp_path: Path) -> None:
    factors = {"web-scalar": 3.0, "web-pinned-build": 0.5}
    assert not visits(run(machine(factors), tmp_path, SCALAR), "web-pinned-build")


def test_one_that_is_replaced_because_somebody_named_it_is_a_change_that_nothing_predicts(
    tmp_path: Path,
) -> None:
    asked = replace(SCALAR, rungs="web-pinned-build", verify=False)
    report = build(run(machine({"web-pinned-build": 0.5}), tmp_path, asked))
    found = what_if(report, "web-pinned-build")
    assert (found.predicted_ms, found.prediction) == (None, None)
    assert found.why.startswith("it is predicted for a build without SIMD alone")
    assert report.actions == ()


def test_with_nothing_predicted_nothing_is_visited_and_it_says_so(tmp_path: Path) -> None:
    recording = run(machine({"native-128": 2.0}), tmp_path, VERIFY)
    assert not [rung for rung in ("web-in-worker", "web-optimised") if visits(recording, rung)]
    for renderer in (terminal.RENDERER, markdown.RENDERER):
        assert "Nothing to verify" in renderer.render(build(recording), Surface(width=200))


def test_a_model_that_runs_in_a_worker_already_is_moved_nowhere(tmp_path: Path) -> None:
    asked = Settings(threads=2, where="worker", verify=True, budget_s=3600.0)
    report = build(run(machine({"web-graph": 1.3}), tmp_path, asked))
    assert next(row.alias_of for row in report.rungs if row.id == "web-in-worker") is not None
    assert {one.rung for one in report.what_ifs if one.prediction} == {"web-optimised"}


def test_somebody_elses_page_keeps_its_prediction_unverified(tmp_path: Path) -> None:
    asked = Settings(
        threads=4, isolation=False, where="worker", page="http://127.0.0.1:9/", verify=True, budget_s=3600.0
    )
    report = build(run(machine({"native-threads": 3.0}), tmp_path, asked))
    assert [(one.cause, one.basis) for one in report.actions] == [("threads", "predicted")]
    assert "Nothing was verified" in terminal.RENDERER.render(report, Surface(width=200))


def test_other_outputs_verify_nothing(tmp_path: Path) -> None:
    wrong = machine({"web-graph": 1.5}, wrong_outputs=frozenset({"web-optimised"}))
    report = build(run(wrong, tmp_path, VERIFY))
    assert what_if(report, "web-optimised").prediction is None
    assert report.actions == ()


def test_nobody_who_does_not_ask_pays_for_it(tmp_path: Path) -> None:
    recording = run(machine(COSTS), tmp_path, Settings(threads=2, budget_s=3600.0))
    assert not [rung for rung in ("web-in-worker", "web-optimised", "web-stock") if visits(recording, rung)]
    report = build(recording)
    assert {one.basis for one in report.actions} == {"predicted"}
    assert "erified" not in terminal.RENDERER.render(report, Surface(width=100))


def test_a_rung_that_is_named_is_visited_without_verify(tmp_path: Path) -> None:
    recording = run(machine(COSTS), tmp_path, Settings(threads=2, rungs="web-in-worker"))
    assert visits(recording, "web-in-worker") == 3
    assert what_if(build(recording), "web-in-worker").prediction == "holds"


def test_what_is_named_is_put_to_the_test_whatever_is_predicted_of_it(tmp_path: Path) -> None:
    asked = Settings(threads=2, rungs="web-in-worker", verify=True, budget_s=3600.0)
    recording = run(machine({"web-main": 1.0}), tmp_path, asked)
    one = what_if(build(recording), "web-in-worker")
    assert visits(recording, "web-in-worker") == 9
    assert one.prediction == "holds"
    assert one.predicted_ms is not None
    assert one.measured_ms is not None
    assert one.predicted_ms.point == pytest.approx(one.measured_ms.point, rel=0.05)
    assert not [action for action in build(recording).actions if action.cause == "contention"]


def test_a_prediction_of_many_rounds_is_held_to_as_many(tmp_path: Path) -> None:
    noisy = Machine(latency_ms=ladder_ms(COSTS), noise=0.03, launch_noise=0.03)
    recording = run(noisy, tmp_path, VERIFY)
    rounds = visits(recording, "web-main")
    assert rounds > 6
    assert visits(recording, "web-in-worker") == rounds


def test_the_budget_is_exceeded_and_the_report_says_by_how_much(tmp_path: Path) -> None:
    asked = Settings(threads=2, rungs="main", verify=True, budget_s=0.01)
    recording = run(machine(COSTS), tmp_path, asked)
    assert visits(recording, "web-in-worker") == 6
    assert any(text.startswith("--verify takes 6 rounds of its own") for text in build(recording).warnings)


def test_what_was_verified_is_read_on_screen_in_markdown_and_in_json(tmp_path: Path) -> None:
    report = build(run(machine(COSTS | {"web-optimised": 1.0}), tmp_path, VERIFY))
    for renderer in (terminal.RENDERER, markdown.RENDERER):
        text = renderer.render(report, Surface(width=100))
        lines = [line for line in text.splitlines() if "As deployed" in line and "→" in line]
        assert [("within" in line, "outside: 1.3x" in line) for line in lines] == [
            (True, False),
            (False, True),
        ]
    document = json.loads(encode_report(report))
    jsonschema.validate(document, json.loads(schema.PATH.read_text(encoding="utf-8")))
    assert {row["prediction"] for row in document["what_ifs"]} >= {"holds", "fails"}
