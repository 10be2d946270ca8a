"""A successful study of two models whose figures are planted, and its tables read back."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.errors import ExitCode
from gapprof.explain.report import build
from gapprof.live import silent
from gapprof.pipeline import Outcome
from gapprof.records.environment import Setting
from gapprof.records.lattice import CellOutputs, CellVisit, LatticePlan, Served
from gapprof.records.qoe import CONDITIONS
from gapprof.records.recording import End, Note, Recording
from gapprof.records.settings import Settings
from gapprof.records.study import Study
from gapprof.study import run as study_run
from gapprof.study.plan import ROUNDS
from gapprof.study.run import TABLES, Studying
from tests.truth.recorder import record
from tests.unit.facts import felt, held, started
from tests.unit.study.bench import HERE, MODELS, SETTINGS, hash_of, put
from tests.unit.study.reading import Tables, point, read_tables, row_of
from tests.unit.study.test_lattice import MAIN, SERVED_PER_S, SIMD, THREADS, TOGETHER, WEB_GAP, planted
from tests.unit.study.test_lattice import recording as lattice

SIZES = {**held.QUIET, "create": (600, 400, 100), "chunk": (600, 420, 80)}
SLOWER = {MODELS[0]: 1.0, MODELS[1]: 3.0}
"""Model → times of its page's runs."""
OF_LATTICE = (LatticePlan, CellVisit, CellOutputs, Served)


@cache
def recorded(model: str, *, whole: bool = True) -> Recording:
    """A ladder, the lattice, starts, memory and the page beside, as a run writes them."""

    def slower(setting: Setting, number: int) -> float:
        return planted(setting, number) * (1.0 if setting.backend == "native" else SLOWER[model])

    ladder = record(Machine(latency_ms=ladder_ms({"web-worker": 8.0})))
    facts = replace(ladder.begin.model, name=model, sha256=hash_of(model))
    found = lattice(slower, noise=0.001)
    beyond: list[Any] = [entry for entry in found.entries if isinstance(entry, OF_LATTICE)]
    if whole:
        beyond += [started.web(number=number) for number in range(3)]
        beyond += [replace(started.native(), round=number) for number in range(3)]
        beyond += [held.sized(held.web(number), SIZES) for number in range(3)]
        beyond += [held.native(number) for number in range(3)]
        beyond += [felt.trial(condition, number) for number in range(4) for condition in CONDITIONS]
    else:
        beyond.append(Note(at_s=1.0, concerns="report", text="--memory: a visit failed (web): it broke"))
    entries = (*(one for one in ladder.entries if not isinstance(one, End)), *beyond)
    begin = replace(ladder.begin, settings=SETTINGS, machine=HERE, model=facts)
    return replace(ladder, begin=begin, entries=(*entries, End(at_s=9.0, reason="finished")))


def studied(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    recording_of: Callable[[str], Recording],
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Study, ExitCode]:
    def explained(model: str, _: Settings, *, path: Path, **__: object) -> Outcome:
        put(path, recording_of(model))
        return Outcome(report=build(recording_of(model)), code=ExitCode.OK, recorded=True)

    monkeypatch.setattr(study_run, "explained", explained)
    hold: Any = None
    studying = Studying(
        folder=folder,
        settings=SETTINGS,
        machine=HERE,
        programs=dict,
        anew=False,
        argv=("gapprof",),
        observer=silent,
        hold=hold,
        say=say,
    )
    return studying.run(MODELS)


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tables:
    study, code = studied(tmp_path, monkeypatch, recorded)
    assert (code, study.state) == (ExitCode.OK, "whole")
    return read_tables((tmp_path / TABLES).read_text(encoding="utf-8"))


def test_every_table_has_a_row_for_every_model(tables: Tables) -> None:
    assert len(tables) == 13
    for heading, rows in tables.items():
        assert len(rows) == 2, heading


@pytest.mark.parametrize("model", MODELS)
def test_what_was_planted_stands_in_the_tables(tables: Tables, model: str) -> None:
    times, near = SLOWER[model], {"rel": 0.02}
    gap = row_of(tables, "The gap", model)
    assert point(gap["one thread each"]) == pytest.approx(times * WEB_GAP * TOGETHER / SIMD, **near)
    square = row_of(tables, "SIMD and threads", model)
    assert point(square["threads"]) == pytest.approx(THREADS, **near)
    assert point(square["SIMD"]) == pytest.approx(SIMD, **near)
    assert point(square["both"]) == pytest.approx(TOGETHER, **near)
    assert point(square["interaction"]) == pytest.approx(TOGETHER / (THREADS * SIMD), abs=0.06)
    assert point(row_of(tables, "The main thread over a worker", model)["main over worker"]) == pytest.approx(
        MAIN, **near
    )
    scalar, simd = (
        row_of(tables, f"onnxruntime-web 1.18 {build} SIMD", model) for build in ("without", "with")
    )
    for place in ("main thread", "worker"):
        column = f"{place}, 1 thread"
        assert point(scalar[column]) / point(simd[column]) == pytest.approx(SIMD, **near)
    clients = row_of(tables, "Clients and servers", model)
    assert point(clients["native, a second"]) == pytest.approx(SERVED_PER_S, **near)


@pytest.mark.parametrize("model", MODELS)
def test_stages_leave_the_library_out_and_have_the_pages_threads(tables: Tables, model: str) -> None:
    row = row_of(tables, "Latency by stage", model)
    setup, first, _ = (float(word) for word in row["browser"].split(" / "))
    assert (setup, first) == (100 + 10 + 150 + 20 + 600, 99)
    native = [float(word) for word in row["native"].split(" / ")]
    assert native[:2] == [70, 9]
    assert (row["native, library"], row["browser, library"]) == ("100", "20.0")
    same = row_of(tables, "The whole lattice", model)
    matched = float(row["native, page's threads: prediction"])
    assert matched == pytest.approx(point(same["native, 2 threads"]), rel=0.01)
    assert native[2] == pytest.approx(point(same["native, 4 threads"]), rel=0.01)


@pytest.mark.parametrize("model", MODELS)
def test_memory_is_by_one_measure(tables: Tables, model: str) -> None:
    row = row_of(tables, "Memory, times the model's file", model)
    assert row["browser, held"] == row["page's process, held"] == "2.7x"
    assert row["page's process, peak"] == "4.3x"
    assert row["native, peak"] == "–"


def test_visits_and_those_that_others_disturbed_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disturbed(model: str) -> Recording:
        found = recorded(model)
        visit = next(one for one in found.of(CellVisit) if one.round == 0)
        load = replace(visit.outcome.load, wall_ms=1e3, machine_busy_ms=900.0, own_cpu_ms=100.0)
        busy = replace(visit, outcome=replace(visit.outcome, load=load))
        return replace(found, entries=tuple(busy if one is visit else one for one in found.entries))

    words: list[str] = []
    studied(tmp_path, monkeypatch, disturbed, words.append)
    plan = next(recorded(MODELS[0]).of(LatticePlan))
    count = ROUNDS * (len(plan.cells) + 1)
    text = (tmp_path / TABLES).read_text(encoding="utf-8")
    assert (
        f"{MODELS[0]} 1 of {count} in {ROUNDS} rounds; {MODELS[1]} 1 of {count} in {ROUNDS} rounds." in text
    )


def test_a_model_without_figures_is_in_no_table_but_named_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studied(tmp_path, monkeypatch, lambda model: recorded(model, whole=model == MODELS[0]))
    text = (tmp_path / TABLES).read_text(encoding="utf-8")
    tables = read_tables(text)
    assert len(tables["The gap"]) == 2
    assert [row["model"] for row in tables["Memory, times the model's file"]] == [
        f"[{MODELS[0]}](resnet20.md)"
    ]
    assert f"No figures here: {MODELS[1]} (--memory: a visit failed (web): it broke)." in text
    assert f"No figures here: {MODELS[1]} (its run ended before)." in text
