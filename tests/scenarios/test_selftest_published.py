"""Selftests in a row, as they are published: every plant passes in each, and nothing was impossible."""

import math
from pathlib import Path

import pytest

from gapprof.recordings import read_recording
from gapprof.records.recording import RoundStarted
from gapprof.records.selftest import Selftest, SelftestRow
from gapprof.records.trial import Trial
from gapprof.selftest.chosen import every_plant
from gapprof.selftest.extent import ROUNDS, WHOLE, WHOLE_S
from gapprof.selftest.plant import CLEAN, Costs, Expectation, Shrinks
from tests.scripts import script

REPORT = script("reports/selftest.py")
FOLDER: Path = REPORT.HERE
RUNS: dict[str, Selftest] = REPORT.published()
SEEDS = range(1, len(RUNS) + 1)
PLANTS = {plant.id: plant for plant in every_plant() if plant.id != CLEAN}
MOST_OFF = 0.5
"""Of what was planted, as ln: what is found lies within, by points alone, however wide the intervals are."""

every_run = pytest.mark.parametrize("seed", SEEDS)


def run(seed: int) -> Selftest:
    return RUNS[f"run-{seed}"]


def cause(expected: Expectation) -> str | None:
    """As a row of it names what was planted."""
    match expected:
        case Costs():
            lone = expected.child == expected.cause
            return expected.cause if lone else f"{expected.cause}/{expected.child}"
        case Shrinks():
            return expected.cause
        case _:
            return None


def sized(row: SelftestRow) -> bool:
    """Whether something with a size was planted."""
    return any(isinstance(one, Costs | Shrinks) for one in PLANTS[row.plant].expects)


def test_several_runs_are_published_and_nothing_else_lies_beside_them() -> None:
    stems = {f"run-{seed}" for seed in SEEDS}
    assert len(stems) > 1
    assert RUNS.keys() == stems
    files = {f"{stem}.{suffix}" for stem in stems for suffix in ("json", "jsonl")}
    assert {path.name for path in FOLDER.iterdir()} == {*files, "README.md"}


def test_they_were_made_one_after_the_other_on_one_machine_by_one_gapprof() -> None:
    began = [run(seed).began_utc for seed in SEEDS]
    assert began == sorted(set(began))
    machines = {(run(seed).machine.cpu, run(seed).machine.usable_cores) for seed in SEEDS}
    assert len(machines) == len({run(seed).tool.version for seed in SEEDS}) == 1


@every_run
def test_every_plant_has_its_rows_and_every_row_passes(seed: int) -> None:
    found = run(seed)
    assert [(row.plant, row.status, row.why) for row in found.rows if row.status != "pass"] == []
    assert (found.status, found.why) == ("passed", "")
    wanted = [(plant.id, cause(one)) for plant in PLANTS.values() for one in plant.expects]
    assert [(row.plant, row.cause) for row in found.rows] == wanted


def test_the_script_that_makes_them_calls_that_a_pass() -> None:
    assert REPORT.all_pass(RUNS)


@every_run
def test_what_was_planted_is_found_within_half_of_it(seed: int) -> None:
    rows = [row for row in run(seed).rows if sized(row)]
    assert len(rows) == sum(isinstance(one, Costs | Shrinks) for p in PLANTS.values() for one in p.expects)
    for row in rows:
        assert row.planted is not None, row.plant
        assert row.found is not None, row.plant
        assert row.planted.point > 1, row.plant
        assert abs(math.log(row.found.point) / math.log(row.planted.point) - 1) < MOST_OFF, row.plant


@every_run
def test_every_figure_is_of_rounds_enough_and_at_the_level_of_a_row(seed: int) -> None:
    """Trials that brought nothing cost a figure its round; two of eight may."""
    found = run(seed)
    figures = [one for row in found.rows for one in (row.planted, row.found) if one is not None]
    assert {one.level for one in figures} == {found.level} == {0.999}
    assert min(one.rounds for one in figures) >= ROUNDS - 2


@every_run
def test_its_recording_is_of_that_run_and_whole(seed: int) -> None:
    found, journal = run(seed), read_recording(FOLDER / f"run-{seed}.jsonl")
    begin = journal.begin
    assert begin.argv == found.tool.argv == REPORT.command(seed)
    assert (begin.began_utc, begin.settings.seed, found.seed) == (found.began_utc, seed, seed)
    assert journal.end is not None
    assert journal.end.reason == "finished"
    rounds = list(journal.of(RoundStarted))
    assert len(rounds) == found.rounds >= ROUNDS
    assert {len(one.order) for one in rounds[:ROUNDS]} == {found.environments}
    timed = {(trial.rung, trial.round) for trial in journal.of(Trial) if trial.round >= 0}
    assert len(timed) >= 0.95 * sum(len(one.order) for one in rounds)


@every_run
def test_it_took_no_longer_than_the_readme_says(seed: int) -> None:
    """An hour and a half, a round that had begun, and waits for cores that were slow."""
    assert run(seed).took_s < 1.1 * WHOLE_S + WHOLE.waits_s


def test_the_table_is_of_their_rows() -> None:
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == "\n".join(REPORT.table(RUNS)) + "\n"
