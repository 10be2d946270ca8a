"""Selftests made in a row, as they are published: each row passes in each, and the table is of their rows."""

import math
import re
from pathlib import Path

import pytest

from gapprof.recordings import read_recording
from gapprof.records.recording import Recording, RoundStarted
from gapprof.records.selftest import Selftest, SelftestRow
from gapprof.records.trial import Trial
from gapprof.selftest.chosen import every_plant
from gapprof.selftest.extent import FEWEST_ROUNDS
from gapprof.selftest.plant import CLEAN, Costs, Shrinks
from tests.scripts import script

REPORT = script("reports/selftest.py")
FOLDER: Path = REPORT.HERE
RUNS: dict[str, Selftest] = REPORT.published()
EVERY = pytest.mark.parametrize("stem", RUNS)
PLANTS = {plant.id: plant for plant in every_plant() if plant.id != CLEAN}


def recording(stem: str) -> Recording:
    return read_recording(FOLDER / f"{stem}.jsonl")


def test_there_are_three_in_a_row_on_one_machine() -> None:
    assert len(RUNS) >= 3
    began = [run.began_utc for run in RUNS.values()]
    assert began == sorted(set(began))
    assert len({(run.machine.cpu, run.machine.usable_cores, run.tool.version) for run in RUNS.values()}) == 1


@EVERY
def test_every_row_passes_and_every_plant_has_its_rows(stem: str) -> None:
    run = RUNS[stem]
    assert [(row.plant, row.why) for row in run.rows if row.status != "pass"] == []
    assert run.status == "passed"
    assert {row.plant for row in run.rows} == PLANTS.keys()
    assert len(run.rows) == sum(len(plant.expects) for plant in PLANTS.values())


@EVERY
def test_what_was_planted_is_found_within_half_of_it(stem: str) -> None:
    """By points alone: no interval, however wide, makes this hold."""
    for row in RUNS[stem].rows:
        if sized(row):
            assert row.planted is not None
            assert row.found is not None
            assert 0.5 < math.log(row.found.point) / math.log(row.planted.point) < 1.5, row.plant


@EVERY
def test_its_recording_is_of_that_run_and_whole(stem: str) -> None:
    run, journal = RUNS[stem], recording(stem)
    begin = journal.begin
    assert (begin.began_utc, begin.settings.seed, begin.argv) == (run.began_utc, run.seed, run.tool.argv)
    assert journal.end is not None
    assert journal.end.reason == "finished"
    rounds = list(journal.of(RoundStarted))
    assert len(rounds) == run.rounds
    assert {len(one.order) for one in rounds[:FEWEST_ROUNDS]} == {run.environments}
    timed = {(trial.rung, trial.round) for trial in journal.of(Trial) if trial.round >= 0}
    assert len(timed) >= 0.95 * sum(len(one.order) for one in rounds)


def test_the_table_is_of_their_rows() -> None:
    assert RUNS
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == "\n".join(REPORT.table(RUNS)) + "\n"


def test_nothing_published_names_a_folder_of_the_run_or_of_a_user() -> None:
    """Where the browser lies is told, as the browser says it."""
    for path in sorted(FOLDER.iterdir()):
        assert not re.search(r"(?<![\w.])/(tmp|home|root|work|var|Users)/", path.read_text()), path.name


def sized(row: SelftestRow) -> bool:
    """Whether something with a size was planted."""
    return any(isinstance(one, Costs | Shrinks) for one in PLANTS[row.plant].expects)
