"""One side against itself, ten times each: today's code says of no cause that it costs or saves."""

import math
import re

import pytest

from gapprof.recordings import read_run
from gapprof.records.estimate import Estimate
from tests.scenarios.reading import report
from tests.scripts import script

BENCHMARK = script("benchmarks/null_runs.py")
REPORT = script("reports/null.py")
RUNS = [f"{side}-{number}" for side in REPORT.PUBLISHED for number in range(REPORT.RUNS)]
FEWEST_ROUNDS = 4
WIDEST = 1.25
"""Of a factor's interval, over its point: what is said of it is worth something."""
FEWEST_WITHIN, FEWEST_NAMED = 9, 3
"""Of ten runs of a side."""

every_run = pytest.mark.parametrize("name", RUNS)
every_side = pytest.mark.parametrize("side", REPORT.PUBLISHED)


def test_ten_runs_of_either_side_are_published_each_of_a_seed_of_its_own() -> None:
    assert {path.stem for path in REPORT.HERE.glob("*.jsonl")} == set(RUNS)
    for name in RUNS:
        begin = read_run(REPORT.HERE / f"{name}.jsonl").begin
        side, number = name.split("-")
        assert (begin.argv[1], begin.settings.seed) == (side, int(number))


@every_run
def test_no_cause_costs_or_saves(name: str) -> None:
    found = report(f"null/{name}")
    assert found.status != "failed"
    assert found.rounds >= FEWEST_ROUNDS
    assert {row.id for row in found.causes if row.factor is not None} == set(REPORT.CAUSES)
    assert BENCHMARK.false_ones(found) == []


@every_side
@pytest.mark.parametrize("cause", REPORT.CAUSES)
def test_of_each_cause_enough_is_known_for_that_to_say_something(side: str, cause: str) -> None:
    found = [_factor(f"{side}-{number}", cause) for number in range(REPORT.RUNS)]
    assert sum(math.sqrt(one.high / one.low) < WIDEST for one in found) >= FEWEST_WITHIN


def _factor(name: str, cause: str) -> Estimate:
    (factor,) = (row.factor for row in report(f"null/{name}").causes if row.id == cause)
    assert factor is not None
    return factor


@every_side
def test_a_step_that_takes_twice_as_long_is_named_by_its_cause_and_no_other(side: str) -> None:
    named = REPORT.planted(read_run(REPORT.HERE / f"{side}-0.jsonl"), 2.0)
    assert named == {cause: (cause,) for cause in REPORT.BEYOND}
    assert named.keys() == set(REPORT.CAUSES)


@every_side
def test_a_step_that_is_a_fifth_slower_is_named_by_its_cause_in_some_runs_and_by_no_other_in_any(
    side: str,
) -> None:
    """As intervals are as wide as runs of half a minute make them."""
    (row,) = re.findall(rf"^\| {side} \| (.*) \|$", _page(), re.MULTILINE)
    *counts, others = row.split(" | ")
    assert others == "none"
    assert len(counts) == len(REPORT.CAUSES)
    for told in counts:
        count, whole = map(int, told.split(" of "))
        assert whole == REPORT.RUNS
        assert count >= FEWEST_NAMED


def _page() -> str:
    return (REPORT.HERE / "README.md").read_text(encoding="utf-8")


def test_the_table_is_of_what_is_published() -> None:
    assert _page() == "\n".join(REPORT.table()) + "\n"
