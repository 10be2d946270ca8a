"""The selftest on a synthetic machine: what is planted passes, what is planted wrongly fails its row."""

import dataclasses
import math
from pathlib import Path

import pytest

from gapprof.records.job import Job
from gapprof.selftest.plant import Costs
from gapprof.selftest.report import selftest_of
from tests.truth.planted_machine import Priced, honest, visit
from tests.truth.planted_selftest import PLANTS, blind, only, report_of, rows, unequal

pytestmark = pytest.mark.usefixtures("fetched_118")


def test_every_plant_passes_where_gapprof_is_right(tmp_path: Path) -> None:
    report = report_of(Priced(), tmp_path)
    assert [(row.plant, row.why) for row in report.rows if row.status != "pass"] == []
    assert report.status == "passed"
    assert {row.plant for row in report.rows} == PLANTS.keys() - {"clean"}
    assert len(rows(report, "two-at-once")) == 2


@pytest.mark.parametrize(
    ("plant", "factor"),
    [
        ("baseline-tier", 2.0),
        ("bounds-checks", 1.15),
        ("burning-page", 2.5),
        ("no-isolation", 1.7),
        ("scalar-build", 3.0),
        ("undone-fusion", 1.3),
        ("native-ceiling", 1.8),
    ],
)
def test_planted_and_found_are_what_the_machine_really_costs(
    plant: str, factor: float, tmp_path: Path
) -> None:
    row = only(report_of(Priced(noise=0.001), tmp_path, plant), plant)
    for figure in (row.planted, row.found):
        assert figure is not None
        assert figure.point == pytest.approx(factor, rel=0.02)
        assert figure.level == 0.999


@pytest.mark.parametrize(
    ("plant", "rung", "why"),
    [
        ("baseline-tier", "baseline-tier.web-flags", "found over planted"),
        ("burning-page", "burning-page.web", "found over planted"),
        ("no-isolation", "no-isolation.web", "found over planted"),
        ("undone-fusion", "undone-fusion.web-graph", "found over planted"),
        ("scalar-build", "scalar-build.web-scalar", "found over planted"),
        ("native-ceiling", "native-ceiling.native-extended", "found over planted"),
        ("native-null", "native-null.native-128", "nothing was planted"),
        ("web-null", "web-null.web", "nothing was planted"),
        ("outside-load", "outside-load.web-paced", "runtime is blamed"),
        ("outside-load", "outside-load.web-main", "contention is blamed"),
    ],
)
def test_a_ladder_that_measures_something_else_fails_its_row(
    plant: str, rung: str, why: str, tmp_path: Path
) -> None:
    machine = Priced(price=unequal(rung, 1.4))
    report = report_of(machine, tmp_path, plant)
    assert rung in machine.visits
    assert only(report, plant).status == "fail"
    assert why in only(report, plant).why
    assert report.status == "failed"


def test_a_switch_that_does_nothing_is_no_plant(tmp_path: Path) -> None:
    """Found and planted agree on nothing; that proves nothing."""

    def deaf(job: Job) -> float:
        setting = job.setting
        return 5.0 if setting.backend != "native" else honest(job)

    row = only(report_of(Priced(price=deaf), tmp_path, "baseline-tier"), "baseline-tier")
    assert row.status == "fail"
    assert "nothing was planted" in row.why


def test_a_cause_that_does_not_see_the_plant_fails(tmp_path: Path) -> None:
    row = only(report_of(Priced(price=blind), tmp_path, "baseline-tier"), "baseline-tier")
    assert row.status == "fail"
    assert "unclear of runtime/flags" in row.why


def test_a_saving_read_off_another_step_fails(tmp_path: Path) -> None:
    plant = PLANTS["baseline-tier"]
    (wanted,) = plant.expects
    assert isinstance(wanted, Costs)
    elsewhere = dataclasses.replace(wanted, between=("web-graph", "web-flags"))
    moved = dataclasses.replace(plant, expects=(elsewhere,))
    found = visit(Priced(), (PLANTS["clean"], moved), tmp_path)
    (row,) = selftest_of(found.plan, found.recording).rows
    assert row.status == "fail"
    assert "read from web-worker to web-flags" in row.why


def test_a_planted_cause_below_what_it_must_be_above_fails(tmp_path: Path) -> None:
    """The flags' own step is right; that the file costs more still is nobody's plant."""

    def louder(job: Job) -> float:
        later = job.rung in ("baseline-tier.web-graph", "baseline-tier.web-paced")
        return honest(job) * (4.0 if later else 1.0)

    row = only(report_of(Priced(price=louder), tmp_path, "baseline-tier"), "baseline-tier")
    assert row.status == "fail"
    assert row.why == "library ranks above runtime, and must not"


def test_a_planted_cause_above_what_it_must_be_below_fails(tmp_path: Path) -> None:
    """The flags' own step is right; that requests cost three times as much is nobody's plant."""
    price = unequal("baseline-tier.web-paced", 3.0)
    row = only(report_of(Priced(price=price), tmp_path, "baseline-tier"), "baseline-tier")
    assert row.status == "fail"
    assert row.why == "runtime ranks above simd, and must not"


def test_ranks_that_are_expected_by_chance_alone_fail_nothing(tmp_path: Path) -> None:
    """3.2x and 3.0x, in the other order on a clean ladder whose requests vary by half."""

    def varied(job: Job) -> float:
        apart = 0.5 * (-1) ** job.round - 0.1 if job.rung == "clean.web-paced" else 0.0
        return honest(job) * math.exp(apart) * (4 / 3 if job.setting.pacing == "paced" else 1.0)

    machine = Priced(price=varied, noise=0.005)
    row = only(report_of(machine, tmp_path, "baseline-tier"), "baseline-tier")
    assert (row.status, row.why) == ("pass", "")


def test_ranks_hold_where_a_request_costs_as_many_ms_whatever_its_run_takes(tmp_path: Path) -> None:
    """Clean, runs take 5 ms and requests 7: 2.8x with a plant of 2x, and 2.4x where they are 2 ms as before,
    between which the clean ladder's 2.6x of simd lies."""

    def handed_over(job: Job) -> float:
        setting = job.setting
        if setting.backend == "native":
            return {"full": 1.0, "128": 2.6}.get(setting.isa, 1.8)
        return honest(job) / (1.2 if setting.pacing == "paced" else 1.0) + 2.0 * (setting.pacing == "paced")

    machine = Priced(price=handed_over, noise=0.005)
    row = only(report_of(machine, tmp_path, "baseline-tier"), "baseline-tier")
    assert (row.status, row.why) == ("pass", "")


@pytest.mark.parametrize(
    ("plant", "stop"),
    [
        ("scalar-build", "scalar-build.web-worker"),
        ("native-ceiling", "clean.web-worker"),
        ("native-null", "native-null.web-worker"),
        ("web-null", "web-null.web-worker"),
        ("outside-load", "outside-load.web-worker"),
    ],
)
def test_outputs_that_differ_fail_the_row_whatever_the_times_say(
    plant: str, stop: str, tmp_path: Path
) -> None:
    """Whatever kind of expectation it has: times of another computation tell nothing."""
    machine = Priced(wrong_outputs=frozenset({stop}))
    row = only(report_of(machine, tmp_path, plant), plant)
    assert stop in machine.visits
    assert row.status == "fail"
    assert "the report is outputs-differ: " in row.why


def test_a_part_that_is_found_where_nothing_was_planted_fails_though_its_cause_is_nothing(
    tmp_path: Path,
) -> None:
    """Two corners of the square that are as slow as each other: the mean of both paths is nothing."""
    corners = ("native-null.native-extended", "native-null.native-all-128")
    machine = Priced(price=lambda job: honest(job) * (1.4 if job.rung in corners else 1.0))
    row = only(report_of(machine, tmp_path, "native-null"), "native-null")
    assert set(corners) <= set(machine.visits)
    assert row.status == "fail"
    named = {reason.split(" reads ")[0] for reason in row.why.split("; ")}
    assert named == {"simd/to-128", "simd/with-layout"}, row.why


@pytest.mark.parametrize(
    ("plant", "rung"),
    [
        ("native-ceiling", "native-ceiling.native-extended"),
        ("native-null", "native-null.native-128"),
        ("baseline-tier", "baseline-tier.web-flags-2"),
    ],
)
def test_outputs_that_differ_anywhere_fail_the_row(plant: str, rung: str, tmp_path: Path) -> None:
    """Natively, in one of several equals, in a leg of the A/B: no report tells those that are no page's."""
    machine = Priced(wrong_outputs=frozenset({rung}))
    row = only(report_of(machine, tmp_path, plant), plant)
    assert rung in machine.visits
    assert row.status == "fail"
    assert f"of {rung} differs from" in row.why


def test_what_a_machine_cannot_give_is_impossible_and_no_failure(tmp_path: Path) -> None:
    machine = Priced(refusals=lambda setting: "no ceiling here" if setting.isa == "avx" else None)
    report = report_of(machine, tmp_path, "native-ceiling", "native-null")
    row = only(report, "native-ceiling")
    assert (row.status, row.why) == ("impossible", "no ceiling here")
    assert (report.status, report.why) == ("passed", "1 of 2 rows impossible on this machine")


def test_where_no_row_is_possible_nothing_has_passed(tmp_path: Path) -> None:
    machine = Priced(refusals=lambda setting: "no ceiling here" if setting.isa == "avx" else None)
    report = report_of(machine, tmp_path, "native-ceiling")
    assert (report.status, report.why) == ("unusable", "nothing that is planted is possible on this machine")
    assert only(report, "native-ceiling").status == "impossible"


def test_an_interrupted_run_judges_nothing(tmp_path: Path) -> None:
    def impatient(job: Job) -> float:
        if job.round == 1:
            raise KeyboardInterrupt
        return honest(job)

    report = report_of(Priced(price=impatient), tmp_path, "baseline-tier")
    assert (report.status, report.rows) == ("interrupted", ())


def test_a_stop_that_never_answers_fails_its_rows_and_no_others(tmp_path: Path) -> None:
    def broken(job: Job) -> float:
        return math.nan if job.rung == "burning-page.web" else honest(job)

    report = report_of(Priced(price=broken), tmp_path, "baseline-tier", "burning-page")
    assert only(report, "baseline-tier").status == "pass"
    assert only(report, "burning-page").status == "fail"
