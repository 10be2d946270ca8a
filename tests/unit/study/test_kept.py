"""What a study keeps from before, what it measures anew, and what it does not mix."""

import json

import pytest
from msgspec.structs import replace

from gapprof import __version__
from gapprof.errors import ExitCode, WrongUse
from gapprof.markdown.study import document
from gapprof.records.recording import Recording
from gapprof.study.kept import stem_of
from gapprof.study.run import FIGURES, TABLES
from tests.unit.facts.started import web
from tests.unit.study.bench import HERE, MODELS, SETTINGS, Bench, put, recorded, unreliable


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


def test_a_row_whose_starts_do_not_add_up_is_worth_measuring_anew(bench: Bench) -> None:
    found = recorded()
    apart = replace(found, entries=(*found.entries[:-1], web(observed_ms=2000.0), found.entries[-1]))
    put(bench.folder / "resnet20.jsonl", apart)
    bench.run(MODELS[:1])
    assert bench.asked == []
    bench.planted = {MODELS[0]: recorded(MODELS[0])}
    bench.run(MODELS[:1], anew=True)
    assert bench.asked == [MODELS[0]]
    assert "measured anew: a check of its report failed: in 0 of 1 starts" in bench.words[-1]


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


def test_rows_of_models_that_nobody_asked_for_this_time_stay(bench: Bench) -> None:
    put(bench.folder / "resnet32.jsonl", recorded(MODELS[1]))
    bench.planted = {MODELS[0]: recorded(MODELS[0])}
    study, _ = bench.run(MODELS[:1])
    assert [one.stem for one in study.models] == ["resnet20", "resnet32"]
