"""What a study says of models without a row: they cannot be run, or are still to come."""

import re

import pytest
from msgspec.structs import replace

from gapprof.errors import EnvironmentUnusable, ExitCode, ModelUnusable, WrongUse
from gapprof.explain.report import build
from gapprof.measure.visits import PREFLIGHT_ROUND
from gapprof.records.recording import Recording
from gapprof.records.trial import Trial
from gapprof.study.begun import so_far
from gapprof.study.run import TABLES
from tests.unit.study.bench import MODELS, SETTINGS, Bench, put, recorded, why


def test_a_model_that_cannot_be_run_has_its_reason_and_the_others_their_rows(bench: Bench) -> None:
    bench.planted = {
        MODELS[0]: ModelUnusable("native onnxruntime cannot open it", hint=""),
        MODELS[1]: recorded(MODELS[1]),
    }
    study, code = bench.run()
    assert code is ExitCode.PARTIAL
    assert study.state == "whole", "nothing is still to come"
    assert why(study)["resnet20"] == "native onnxruntime cannot open it"
    assert study.models[1].status
    text = (bench.folder / TABLES).read_text(encoding="utf-8")
    assert "native onnxruntime cannot open it" in text
    assert "(resnet20.md)" not in text, "there is no such report"
    assert not (bench.folder / "resnet20.md").exists()


def test_a_model_whose_file_went_away_is_one_row_without_figures(bench: Bench) -> None:
    bench.planted = {MODELS[0]: WrongUse("there is no file", hint=""), MODELS[1]: recorded(MODELS[1])}
    study, code = bench.run()
    assert (why(study)["resnet20"], code) == ("there is no file", ExitCode.PARTIAL)
    assert bench.asked == list(MODELS)


def test_a_machine_that_lacks_something_stops_the_study(bench: Bench) -> None:
    bench.planted = {MODELS[0]: EnvironmentUnusable("no browser", hint="")}
    study, code = bench.run()
    assert (code, bench.asked) == (ExitCode.ENVIRONMENT_UNUSABLE, [MODELS[0]])
    assert study.state == "stopped"


def test_an_interrupted_study_goes_on_where_it_was(bench: Bench) -> None:
    bench.planted = {MODELS[0]: recorded(MODELS[0]), MODELS[1]: ExitCode.INTERRUPTED}
    study, code = bench.run()
    assert (code, study.state) == (ExitCode.INTERRUPTED, "stopped")
    assert study.models[0].status
    bench.planted = {MODELS[1]: recorded(MODELS[1])}
    bench.asked.clear()
    study, code = bench.run()
    assert bench.asked == [MODELS[1]]
    assert study.state == "whole"


def test_what_was_seen_of_the_model_that_a_study_was_stopped_at_is_its_reason(bench: Bench) -> None:
    bench.planted = {MODELS[0]: recorded(MODELS[0]), MODELS[1]: ExitCode.INTERRUPTED}
    study, _ = bench.run()
    told = re.fullmatch(
        r"it is still to come: it was stopped after .*; by then a run took (.+) ms in the browser "
        r"and (.+) ms natively",
        why(study)["resnet32"],
    )
    assert told, why(study)
    gap = build(recorded(MODELS[1], "interrupted")).gap
    assert gap is not None
    assert gap.ratio is not None
    assert float(told[1]) / float(told[2]) == pytest.approx(gap.ratio.point, rel=0.1)


def preflight_alone(model: str) -> Recording:
    """Stopped before the first round; visits that look whether it runs count for nothing."""
    found = recorded(model, "interrupted")
    looked = [
        replace(entry, round=PREFLIGHT_ROUND, struck=("preflight visit",))
        for entry in found.of(Trial)
        if entry.round == 0
    ]
    others = [entry for entry in found.entries if not isinstance(entry, Trial)]
    return replace(found, entries=(*looked, *others))


def test_before_the_first_round_the_first_visits_tell_what_a_run_takes() -> None:
    text = so_far(preflight_alone(MODELS[0]))
    assert re.search(r"by then a run took .+ ms in the browser and .+ ms natively", text), text


@pytest.mark.parametrize(
    "other",
    [recorded(reason="failed"), recorded(reason="interrupted", settings=replace(SETTINGS, seed=1))],
    ids=["failed", "of other options"],
)
def test_what_was_begun_otherwise_tells_nothing_of_this_study(bench: Bench, other: Recording) -> None:
    put(bench.folder / "resnet20.jsonl", other)
    bench.planted = {MODELS[1]: EnvironmentUnusable("no browser", hint="")}
    study, _ = bench.run([MODELS[1], MODELS[0]])
    assert why(study)["resnet20"] == "it is still to come"
