"""The selftest on a synthetic machine: rounds that its rows take, and what is said of too few."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gapprof.records.job import Job
from gapprof.records.recording import RoundStarted
from gapprof.selftest.judge import shortage
from gapprof.selftest.report import selftest_of
from tests.truth.planted_machine import Priced, honest, visit
from tests.truth.planted_selftest import PLANTS, blind, only, report_of, unequal

pytestmark = pytest.mark.usefixtures("fetched_118")


def test_a_switch_that_does_nothing_is_no_plant_only_once_that_is_known(tmp_path: Path) -> None:
    machine = Priced(price=lambda job: 5.0 if job.setting.backend != "native" else honest(job), noise=0.08)
    row = only(report_of(machine, tmp_path, "baseline-tier", vague_until_s=0.0), "baseline-tier")
    assert row.status == "vague"
    assert "the A/B is 1.0x [0.8, 1.2]: too wide to judge, which takes ±5.0 %" in row.why


def test_a_plant_that_noise_hides_is_vague_and_passes_after_further_rounds(tmp_path: Path) -> None:
    """After three rounds neither the A/B nor the report tells 2x from nothing."""
    found = []
    for until_s in (0.0, 3600.0):
        folder = tmp_path / str(until_s)
        folder.mkdir()
        chosen = (PLANTS["clean"], PLANTS["baseline-tier"])
        toured = visit(Priced(noise=0.2), chosen, folder, rounds=3, vague_until_s=until_s)
        found.append(selftest_of(toured.plan, toured.recording))
    early, late = found
    assert only(early, "baseline-tier").status == "vague"
    assert "the A/B is" in only(early, "baseline-tier").why
    assert only(late, "baseline-tier").status == "pass"
    assert late.rounds > early.rounds == 3


def test_a_cause_that_is_unclear_for_width_alone_is_vague(tmp_path: Path) -> None:
    """What the flags cost is told, and what requests cost beside it hides the whole."""

    def varied(job: Job) -> float:
        return honest(job) * math.exp(0.35 * (-1) ** job.round if job.rung.endswith("web-paced") else 0.0)

    machine = Priced(price=varied, noise=0.005)
    row = only(report_of(machine, tmp_path, "bounds-checks", vague_until_s=0.0), "bounds-checks")
    assert row.status == "vague"
    assert row.why.startswith("the whole of runtime is")


def test_a_ceiling_that_noise_hides_is_vague(tmp_path: Path) -> None:
    report = report_of(Priced(noise=0.4), tmp_path, "native-ceiling", vague_until_s=0.0)
    assert only(report, "native-ceiling").status == "vague"
    assert report.status == "unreliable"


def test_rounds_are_chosen_by_widths_whatever_is_found(tmp_path: Path) -> None:
    wanted = []
    for price in (honest, blind):
        folder = tmp_path / price.__name__
        folder.mkdir()
        chosen = (PLANTS["clean"], PLANTS["baseline-tier"])
        found = visit(Priced(price=price, noise=0.2), chosen, folder)
        wanted.append(shortage(found.plan, found.recording, given_up=set()))
    assert wanted[0] == wanted[1]
    assert wanted[0].rounds > 0


@pytest.mark.parametrize(
    ("plant", "noise"),
    [("native-null", 0.08), ("web-null", 0.08), ("bounds-checks", 0.03), ("outside-load", 0.08)],
)
def test_a_row_that_is_known_too_vaguely_to_fail_does_not_pass(
    plant: str, noise: float, tmp_path: Path
) -> None:
    report = report_of(Priced(noise=noise), tmp_path, plant, vague_until_s=0.0)
    row = only(report, plant)
    assert row.status == "vague"
    assert "too wide to judge" in row.why
    assert (report.status, report.rounds) == ("unreliable", 8)


def test_noise_that_hides_nothing_of_a_large_plant_leaves_it_judged(tmp_path: Path) -> None:
    """Half of the 2x that was planted would show."""
    report = report_of(Priced(noise=0.05), tmp_path, "baseline-tier", vague_until_s=0.0)
    assert (only(report, "baseline-tier").status, report.rounds) == ("pass", 8)


def test_a_run_goes_on_until_its_rows_can_be_judged(tmp_path: Path) -> None:
    report = report_of(Priced(noise=0.05), tmp_path, "web-null")
    assert (only(report, "web-null").status, report.status) == ("pass", "passed")
    assert 8 + 4 <= report.rounds < 200


@pytest.mark.parametrize("waited_s", [0.0, 3600.0])
def test_what_was_waited_for_fast_cores_leaves_time_for_further_rounds(
    waited_s: float, tmp_path: Path
) -> None:
    """Of a run that has none left by the clock."""
    chosen = (PLANTS["clean"], PLANTS["web-null"])
    found = visit(Priced(noise=0.05), chosen, tmp_path, vague_until_s=0.01, waited_s=waited_s)
    assert (selftest_of(found.plan, found.recording).rounds > 8) == (waited_s > 0)


@dataclass(slots=True)
class Clock:
    """Goes on by what a visit in a round takes, and stands still beside it."""

    visit_s: Callable[[int], float]
    now_s: float = 0.0

    def monotonic(self) -> float:
        return self.now_s

    def visited(self, job: Job) -> float:
        """A price; preflight visits have it too."""
        self.now_s += self.visit_s(job.round) if job.round >= 0 else 0.0
        return honest(job)


def rounds_in(
    most_s: float, slower: Callable[[int], float], folder: Path, patch: pytest.MonkeyPatch, **extent: float
) -> tuple[int, float]:
    """Rounds that are made, each of which takes what `slower` says of its number, and when they end."""
    chosen = (PLANTS["clean"], PLANTS["web-null"])
    counted = folder / "counted"
    counted.mkdir()
    stops = len(visit(Priced(), chosen, counted, rounds=1).plan.stops)
    clock = Clock(visit_s=lambda number: slower(number) / stops)
    patch.setattr("gapprof.measure.journal.time", clock)
    found = visit(Priced(price=clock.visited, noise=0.05), chosen, folder, most_s=most_s, **extent)
    return selftest_of(found.plan, found.recording).rounds, clock.now_s


@pytest.mark.parametrize(
    ("slower", "rounds"),
    [(lambda _: 1.0, 8), (lambda number: 1.0 + number, 4)],
    ids=["even", "slower-and-slower"],
)
def test_a_run_that_is_to_end_in_time_makes_no_round_that_would_not_by_what_they_took_so_far(
    slower: Callable[[int], float], rounds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, took_s = rounds_in(10.0, slower, tmp_path, monkeypatch)
    assert made == rounds
    assert took_s < 10.5


def test_a_run_without_the_time_for_three_rounds_makes_three(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rounds_in(10.0, lambda _: 100.0, tmp_path, monkeypatch)[0] == 3


def test_further_rounds_that_get_slow_end_in_time_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, took_s = rounds_in(
        20.0, lambda number: 1.0 if number < 8 else 6.0, tmp_path, monkeypatch, vague_until_s=20.0
    )
    assert made > 8
    assert took_s < 20.5


def test_further_rounds_visit_what_vague_rows_stand_on_alone(tmp_path: Path) -> None:
    machine = Priced(noise=0.05)
    chosen = (PLANTS["clean"], PLANTS["baseline-tier"], PLANTS["web-null"])
    found = visit(machine, chosen, tmp_path, vague_until_s=3600.0)
    large, null = selftest_of(found.plan, found.recording).rows
    orders = [set(started.order) for started in found.recording.of(RoundStarted)]
    assert large.found is not None
    assert null.found is not None
    assert (large.status, large.found.rounds) == ("pass", 8)
    assert (null.status, null.found.rounds) == ("pass", len(orders))
    own = set(found.plan.plants[1].stops.values()) - set(found.plan.clean.stops.values())
    assert all(order == set(found.plan.stops) for order in orders[:8])
    assert all(not order & own for order in orders[8:])


def test_a_row_that_lacks_many_rounds_keeps_no_others_stops_in_them(tmp_path: Path) -> None:
    """Both are vague after the first rounds; one is told by a few more, the other takes many."""

    def restless(job: Job) -> float:
        return honest(job) * math.exp(0.1 * (-1) ** job.round if job.rung.endswith("web-flags") else 0.0)

    machine = Priced(price=restless)
    chosen = (PLANTS["clean"], PLANTS["bounds-checks"], PLANTS["native-null"])
    found = visit(machine, chosen, tmp_path, vague_until_s=3600.0)
    orders = [set(started.order) for started in found.recording.of(RoundStarted)]
    own = {stop for stop in found.plan.plants[2].stops.values() if stop.startswith("native-null")}
    assert own
    visited = sum(own <= order for order in orders)
    assert 8 < visited < len(orders)


def test_what_stands_on_a_stop_that_was_given_up_wants_no_further_rounds(tmp_path: Path) -> None:
    chosen = (PLANTS["clean"], PLANTS["baseline-tier"], PLANTS["web-null"])
    found = visit(Priced(noise=0.05), chosen, tmp_path, vague_until_s=0.0)
    wanted = shortage(found.plan, found.recording, given_up=set())
    assert wanted.rounds > 0
    none = shortage(found.plan, found.recording, given_up=set(found.plan.clean.stops.values()))
    assert (none.rounds, none.stops) == (0, frozenset())
    spared = set(found.plan.stops) - wanted.stops
    assert spared
    assert shortage(found.plan, found.recording, given_up=spared) == wanted


def test_a_row_that_fails_is_said_before_those_that_are_vague(tmp_path: Path) -> None:
    machine = Priced(noise=0.08, price=unequal("native-null.native-128", 3.0))
    report = report_of(machine, tmp_path, "native-null", "web-null", vague_until_s=0.0)
    assert [row.status for row in report.rows] == ["fail", "vague"]
    assert report.status == "failed"


@pytest.mark.numbers
@pytest.mark.parametrize("seed", range(5))
def test_noise_alone_fails_no_row(seed: int, tmp_path: Path) -> None:
    """At 99.9 % over five runs of a dozen rows."""
    report = report_of(Priced(seed=seed, noise=0.03), tmp_path)
    assert [(row.plant, row.why) for row in report.rows if row.status != "pass"] == []
