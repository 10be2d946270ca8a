"""One side against itself, twenty times: today's code says of no cause that it costs or saves."""

import pytest
from msgspec.structs import replace

from gapprof.explain.report import build
from gapprof.recordings import read_run
from gapprof.records.recording import Entry
from gapprof.records.trial import Trial
from tests.scenarios.reading import report
from tests.scripts import script

BENCHMARK = script("benchmarks/null_runs.py")
REPORT = script("reports/null.py")
PUBLISHED = sorted(path.stem for path in REPORT.HERE.glob("*.jsonl"))
FEWEST_ROUNDS = 4

published = pytest.mark.skipif(not PUBLISHED, reason="`python reports/null.py` has published nothing yet")


@published
def test_ten_runs_of_either_side_are_published_each_of_a_seed_of_its_own() -> None:
    assert set(PUBLISHED) == {f"{side}-{number}" for side in REPORT.SIDES for number in range(REPORT.RUNS)}
    for name in PUBLISHED:
        begin = read_run(REPORT.HERE / f"{name}.jsonl").begin
        side, number = name.split("-")
        assert (begin.argv[1], begin.settings.seed) == (side, int(number))


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_cause_costs_or_saves(name: str) -> None:
    found = report(f"null/{name}")
    assert found.status != "failed"
    assert found.rounds >= FEWEST_ROUNDS
    assert {row.id for row in found.causes if row.factor is not None} == set(REPORT.CAUSES)
    assert BENCHMARK.false_ones(found) == []


@published
@pytest.mark.parametrize("side", REPORT.SIDES)
def test_had_the_page_been_twice_as_slow_it_would_have_been_said(side: str) -> None:
    """So that what costs nothing is not merely what nothing is known of."""
    recording = read_run(REPORT.HERE / f"{side}-0.jsonl")
    slower = replace(recording, entries=tuple(map(_twice_as_slow_on_the_page, recording.entries)))
    assert BENCHMARK.false_ones(build(slower)) == ["contention"]


def _twice_as_slow_on_the_page(entry: Entry) -> Entry:
    """From the step onto the main thread on."""
    if not isinstance(entry, Trial) or entry.rung not in ("web-main", "web-paced", "web"):
        return entry
    samples_ms, requests_ms = (tuple(2 * ms for ms in one) for one in (entry.samples_ms, entry.requests_ms))
    return replace(entry, samples_ms=samples_ms, requests_ms=requests_ms)


@published
def test_the_table_is_of_what_is_published() -> None:
    page = (REPORT.HERE / "README.md").read_text(encoding="utf-8")
    assert page == "\n".join(REPORT.table()) + "\n"
