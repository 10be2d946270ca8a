"""What a study keeps from before, what it says of models without a row, and wrong use."""

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gapprof import __version__, cli
from gapprof.backends.synthetic import Machine
from gapprof.errors import EnvironmentUnusable, ExitCode, GapprofError, ModelUnusable, WrongUse
from gapprof.explain.report import build
from gapprof.explain.versions import versions
from gapprof.facts.case import Case
from gapprof.failed_report import failed_report
from gapprof.live import silent
from gapprof.markdown.study import document
from gapprof.measure.machine import machine_facts
from gapprof.measure.visits import PREFLIGHT_ROUND
from gapprof.pipeline import Outcome
from gapprof.records.codec import encode_entry
from gapprof.records.recording import End, Recording
from gapprof.records.settings import Settings
from gapprof.records.study import Study
from gapprof.records.trial import Trial
from gapprof.study import run as study_run
from gapprof.study.begun import so_far
from gapprof.study.kept import stem_of
from gapprof.study.run import FIGURES, TABLES, Studying
from gapprof.subject import zoo
from gapprof.subject.stage import stage
from tests.truth.recorder import record

SETTINGS = Settings(study=True, rungs="main", allow_noisy=True)
MODELS = ("zoo:resnet20", "zoo:resnet32")
HERE = machine_facts()


@cache
def synthetic() -> Recording:
    return record(Machine())


@cache
def hash_of(model: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        built = zoo.build(model.removeprefix("zoo:"), Path(folder) / "zoo")
        return stage(built, Path(folder) / "staged").sha256


def recorded(model: str = MODELS[0], reason: str = "finished", **changes: Any) -> Recording:
    """As if it had been measured here, by this version."""
    found = synthetic()
    facts = replace(found.begin.model, name=model.removeprefix("zoo:"), sha256=hash_of(model))
    usual = {"settings": SETTINGS, "gapprof_version": __version__, "machine": HERE, "model": facts}
    begin = replace(found.begin, **{**usual, **changes})
    entries = tuple(entry for entry in found.entries if not isinstance(entry, End))
    return replace(found, begin=begin, entries=(*entries, End(at_s=1.0, reason=reason)))


def unreliable() -> Recording:
    """By a machine that is too noisy for two rounds."""
    found = recorded()
    few = [entry for entry in found.entries if getattr(entry, "round", 0) < 1]
    return replace(found, entries=tuple(few))


def put(path: Path, found: Recording) -> None:
    path.write_bytes(b"".join(encode_entry(entry) for entry in (found.begin, *found.entries)))


@dataclass(slots=True)
class Bench:
    """A study whose models are measured in no time, by what is planted for each."""

    folder: Path
    planted: dict[str, Recording | GapprofError | ExitCode] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    programs: Mapping[str, str] = field(default_factory=lambda: versions(Case(synthetic())))

    def explained(self, model: str, _settings: Settings, *, path: Path, **_: object) -> Outcome:
        self.asked.append(model)
        match self.planted[model]:
            case WrongUse() as error:
                raise error
            case GapprofError() as error:
                report = failed_report(error, model=model, settings=SETTINGS, argv=())
                return Outcome(report=report, code=error.exit_code, recorded=False, stopped=error)
            case ExitCode() as code:
                put(path, recorded(model, "interrupted"))
                return Outcome(report=build(recorded(model)), code=code, recorded=True)
            case found:
                put(path, found)
                return Outcome(report=build(found), code=ExitCode.OK, recorded=True)

    def run(self, models: Sequence[str] = MODELS, *, anew: bool = False) -> tuple[Study, ExitCode]:
        hold: Any = None
        studying = Studying(
            folder=self.folder,
            settings=SETTINGS,
            machine=HERE,
            programs=lambda: self.programs,
            anew=anew,
            argv=("gapprof",),
            observer=silent,
            hold=hold,
            say=self.words.append,
        )
        return studying.run(models)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(tmp_path)
    monkeypatch.setattr(study_run, "explained", made.explained)
    return made


def why(study: Study) -> dict[str, str]:
    return {one.stem: one.why for one in study.models}


def test_what_is_there_under_the_same_conditions_is_kept(bench: Bench) -> None:
    for model in MODELS:
        put(bench.folder / f"{stem_of(model)}.jsonl", recorded(model))
    study, _ = bench.run()
    assert bench.asked == []
    assert study.state == "whole"
    assert [text.count("is there from before") for text in bench.words] == [1, 1]
    assert json.loads((bench.folder / FIGURES).read_bytes())["schema"] == "gapprof/study"
    assert "# One study, many models" in (bench.folder / TABLES).read_text(encoding="utf-8")
    assert study.browsers == (study.models[0].browser,)
    assert study.browsers != ("",)


def test_a_kernel_that_keeps_some_pages_more_for_itself_makes_no_other_machine(bench: Bench) -> None:
    rebooted = replace(HERE, memory_bytes=HERE.memory_bytes + 4096)
    put(bench.folder / "resnet20.jsonl", recorded(machine=rebooted))
    study, _ = bench.run(MODELS[:1])
    assert bench.asked == []
    assert study.models[0].status


OTHERWISE = {
    "settings": (recorded(settings=replace(SETTINGS, seed=1)), "--seed was 1, and is 0"),
    "budget": (
        recorded(settings=replace(SETTINGS, budget_s=10.0)),
        f"--budget was 10.0, and is {SETTINGS.budget_s}",
    ),
    "machine": (
        recorded(machine=replace(HERE, usable_cores=HERE.usable_cores + 1)),
        f"the machine's usable_cores was {HERE.usable_cores + 1}, and is {HERE.usable_cores}",
    ),
    "memory": (
        recorded(machine=replace(HERE, memory_bytes=HERE.memory_bytes // 2)),
        "the machine's memory was ",
    ),
    "model": (recorded(MODELS[1]), "the model is another one now"),
}


@pytest.mark.parametrize(("other", "words"), OTHERWISE.values(), ids=OTHERWISE)
def test_what_was_measured_otherwise_is_not_written_over(bench: Bench, other: Recording, words: str) -> None:
    path = bench.folder / "resnet20.jsonl"
    put(path, other)
    before = path.read_bytes()
    with pytest.raises(WrongUse) as refused:
        bench.run(MODELS[:1])
    assert words in refused.value.message
    assert "--anew" in refused.value.hint
    assert refused.value.exit_code is ExitCode.WRONG_USE
    assert (bench.asked, path.read_bytes()) == ([], before)
    assert not (bench.folder / TABLES).exists()


@pytest.mark.parametrize(("other", "words"), OTHERWISE.values(), ids=OTHERWISE)
def test_with_anew_it_is_measured_again_and_told(bench: Bench, other: Recording, words: str) -> None:
    put(bench.folder / "resnet20.jsonl", other)
    bench.planted = {MODELS[0]: recorded(MODELS[0])}
    study, _ = bench.run(MODELS[:1], anew=True)
    assert bench.asked == [MODELS[0]]
    assert words in bench.words[0]
    assert study.models[0].status


@pytest.mark.parametrize("program", ["browser", "onnxruntime", "onnxruntime-web"])
def test_rows_of_other_programs_are_not_mixed(bench: Bench, program: str) -> None:
    put(bench.folder / "resnet20.jsonl", recorded(MODELS[0]))
    bench.programs = {**bench.programs, program: "another one"}
    with pytest.raises(WrongUse, match=f"{program} was .*, and is another one"):
        bench.run(MODELS[:1])


def test_a_row_that_nobody_asked_for_is_not_lost_from_the_tables_either(bench: Bench) -> None:
    put(bench.folder / "resnet32.jsonl", recorded(MODELS[1], settings=replace(SETTINGS, seed=1)))
    with pytest.raises(WrongUse, match="resnet32"):
        bench.run(MODELS[:1])
    bench.planted = {MODELS[0]: recorded(MODELS[0])}
    study, _ = bench.run(MODELS[:1], anew=True)
    assert [one.stem for one in study.models] == ["resnet20"]


@pytest.mark.parametrize(
    "other",
    [recorded(reason="interrupted"), replace(recorded(), entries=recorded().entries[:-1])],
    ids=["interrupted", "cut off"],
)
def test_what_came_to_no_end_is_measured_anew(bench: Bench, other: Recording) -> None:
    put(bench.folder / "resnet20.jsonl", other)
    bench.planted = {MODELS[0]: recorded(MODELS[0])}
    study, _ = bench.run(MODELS[:1])
    assert bench.asked == [MODELS[0]]
    assert study.models[0].status


def test_a_row_of_another_gapprof_stays_and_the_tables_name_it(bench: Bench) -> None:
    put(bench.folder / "resnet20.jsonl", recorded(gapprof_version="0.0.9"))
    put(bench.folder / "resnet32.jsonl", recorded(MODELS[1]))
    study, _ = bench.run()
    assert bench.asked == []
    assert {one.gapprof_version for one in study.models} == {"0.0.9", __version__}
    assert f"`gapprof study` 0.0.9 and {__version__}" in (bench.folder / TABLES).read_text(encoding="utf-8")


def test_a_poor_row_stays_until_it_is_asked_for_anew(bench: Bench) -> None:
    put(bench.folder / "resnet20.jsonl", unreliable())
    study, _ = bench.run(MODELS[:1])
    assert (bench.asked, study.models[0].status) == ([], "unreliable")
    bench.planted = {MODELS[0]: recorded(MODELS[0])}
    study, _ = bench.run(MODELS[:1], anew=True)
    assert bench.asked == [MODELS[0]]
    assert "measured anew: its report is unreliable: " in bench.words[-1]
    assert study.models[0].status == "ok"
    bench.run(MODELS[:1], anew=True)
    assert bench.asked == [MODELS[0]], "a sound row is not measured twice"


def test_a_poor_row_is_gone_once_its_model_is_begun_anew(bench: Bench) -> None:
    put(bench.folder / "resnet20.jsonl", unreliable())
    bench.planted = {MODELS[0]: ExitCode.INTERRUPTED}
    study, _ = bench.run(MODELS[:1], anew=True)
    assert (study.models[0].status, study.state) == ("", "stopped")


def test_what_is_in_doubt_of_rows_stands_in_the_tables(bench: Bench) -> None:
    put(bench.folder / "resnet20.jsonl", recorded(schema_version="1.6"))
    put(bench.folder / "resnet32.jsonl", recorded(MODELS[1], schema_version="1.10"))
    study, _ = bench.run()
    told = "Recorded in several forms, of which later ones hold more: 1.6 (resnet20), 1.10 (resnet32)"
    assert told in document(study)
    assert "several forms" not in document(replace(study, models=study.models[:1]))
    failing = replace(study, models=(replace(study.models[0], failed_checks=("apart by 4 %",)),))
    assert "- resnet20: apart by 4 %" in document(failing)


def test_where_the_browser_lies_is_no_condition(bench: Bench) -> None:
    put(bench.folder / "resnet20.jsonl", recorded(settings=replace(SETTINGS, browser="/elsewhere")))
    study, _ = bench.run(MODELS[:1])
    assert (bench.asked, study.state) == ([], "whole")


def test_a_file_that_is_no_recording_is_measured_over(bench: Bench) -> None:
    (bench.folder / "resnet20.jsonl").write_text("nothing")
    bench.planted = {MODELS[0]: recorded(MODELS[0])}
    assert bench.run(MODELS[:1])[0].models[0].status


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


def test_rows_of_models_that_nobody_asked_for_this_time_stay(bench: Bench) -> None:
    put(bench.folder / "resnet32.jsonl", recorded(MODELS[1]))
    bench.planted = {MODELS[0]: recorded(MODELS[0])}
    study, _ = bench.run(MODELS[:1])
    assert [one.stem for one in study.models] == ["resnet20", "resnet32"]


def test_a_readme_that_is_no_studys_is_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / TABLES).write_text("mine")
    asked = ["study", "--models", "zoo:resnet20", "--out", str(tmp_path)]
    assert cli.run(asked) is ExitCode.WRONG_USE
    assert "written over" in capsys.readouterr().err
    assert (tmp_path / TABLES).read_text() == "mine"


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ("zoo:nothing", "there is no zoo model called 'nothing'"),
        ("nowhere.onnx", "there is no file nowhere.onnx"),
        (" , ", "--models names no model"),
        ("zoo:resnet20,zoo:resnet20", "files of the study would be called resnet20"),
        ("x" * 5000, "there is no file"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], models: str, words: str
) -> None:
    folder = tmp_path / "out"
    assert cli.run(["study", "--models", models, "--out", str(folder)]) is ExitCode.WRONG_USE
    assert words in capsys.readouterr().err
    assert not folder.exists()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("")
    asked = ["study", "--models", "zoo:resnet20", "--out", str(tmp_path / "out")]
    assert cli.run(asked) is ExitCode.WRONG_USE
    assert "--out" in capsys.readouterr().err


def test_names_of_files_are_safe() -> None:
    assert stem_of("zoo:ssd-mobilenetv2") == "ssd-mobilenetv2"
    assert stem_of("a folder/my model.onnx") == "my-model"
