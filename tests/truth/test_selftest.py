"""The selftest on a synthetic machine: what is planted passes, what is planted wrongly fails its row."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from gapprof.records.environment import changed_fields
from gapprof.records.job import Job
from gapprof.records.recording import RoundStarted
from gapprof.records.selftest import Selftest, SelftestRow
from gapprof.selftest.chosen import every_plant
from gapprof.selftest.judge import shortage
from gapprof.selftest.plant import UNTOUCHED, Costs, Plant
from gapprof.selftest.report import selftest_of
from tests.truth.planted_machine import Priced, honest, visit

PLANTS = {plant.id: plant for plant in every_plant()}


@pytest.fixture(autouse=True)
def _fetched_118(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files by the names of the real ones; nothing reads them here."""
    from gapprof import places

    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path / "cache"))
    dist = places.web_packages() / "node_modules" / "onnxruntime-web-118" / "dist"
    (dist / "esm").mkdir(parents=True)
    for name in ("esm/ort.wasm.min.js", "ort-wasm.wasm", "ort-wasm-threaded.wasm"):
        (dist / name).write_bytes(b"")


def report_of(machine: Priced, folder: Path, *plants: str, vague_until_s: float = 3600.0) -> Selftest:
    """These plants, or all."""
    chosen = (PLANTS["clean"], *(PLANTS[name] for name in plants)) if plants else tuple(PLANTS.values())
    found = visit(machine, chosen, folder, vague_until_s=vague_until_s)
    return selftest_of(found.plan, found.recording)


def rows(report: Selftest, plant: str) -> list[SelftestRow]:
    return [row for row in report.rows if row.plant == plant]


def only(report: Selftest, plant: str) -> SelftestRow:
    (row,) = rows(report, plant)
    return row


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


def unequal(rung: str, times: float) -> Callable[[Job], float]:
    """A machine on which one stop costs more than its setting says, as a wrong ladder would have it."""
    return lambda job: honest(job) * (times if job.rung == rung else 1.0)


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


def blind(job: Job) -> float:
    """The A/B shows the flags' cost, the ladder's own visits with the flags do not."""
    return honest(job) / (2.0 if job.rung == "baseline-tier.web-flags" else 1.0)


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


def test_load_that_nobody_tells_fails(tmp_path: Path) -> None:
    row = only(report_of(Priced(tells_load=False), tmp_path, "outside-load"), "outside-load")
    assert row.status == "fail"
    assert "under load show it" in row.why
    assert "does not flag it" in row.why


def test_load_that_slows_everything_alike_is_blamed_on_nobody(tmp_path: Path) -> None:
    row = only(report_of(Priced(load_slows=1.5), tmp_path, "outside-load"), "outside-load")
    assert row.status == "pass", row.why


def test_contention_that_only_the_load_brings_is_blamed_from_nothing(tmp_path: Path) -> None:
    """Without load the main thread brings no figures at all."""

    def half(job: Job) -> float:
        if job.rung in ("outside-load.web-main-2", "burning-page.web-main"):
            return math.nan
        return honest(job) * (1.4 if job.rung == "outside-load.web-main" else 1.0)

    row = only(report_of(Priced(price=half), tmp_path, "outside-load"), "outside-load")
    assert row.status == "fail"
    assert "contention is blamed" in row.why


def test_a_cause_that_the_load_never_met_is_not_said_to_be_spared(tmp_path: Path) -> None:
    plant = dataclasses.replace(PLANTS["outside-load"], settings=UNTOUCHED)
    found = visit(Priced(), (PLANTS["clean"], plant), tmp_path)
    (row,) = selftest_of(found.plan, found.recording).rows
    assert row.status == "fail"
    assert row.why == "nothing says whether contention is blamed: no round exercises it under load"


def test_a_ladder_under_load_is_held_against_the_same_without(tmp_path: Path) -> None:
    """Whose stops others have anyway, where all plants are planted."""
    found = visit(Priced(), tuple(PLANTS.values()), tmp_path, rounds=1)
    (laid,) = (one for one in found.plan.plants if one.plant.under_load)
    stops = found.plan.stops
    assert laid.calm.keys() == laid.stops.keys() >= {"native", "web-main", "web-paced"}
    assert laid.stops.keys().isdisjoint(laid.plant.without)
    for rung, loaded in laid.stops.items():
        assert stops[laid.calm[rung]] == dataclasses.replace(stops[loaded], under_load=False)
    others = {stop for one in found.plan.plants if one is not laid for stop in one.stops.values()}
    assert set(laid.calm.values()) <= others


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


def test_further_rounds_under_load_visit_both_ladders_of_that_plant_alone(tmp_path: Path) -> None:
    found = visit(Priced(noise=0.08), (PLANTS["clean"], PLANTS["outside-load"]), tmp_path)
    laid = found.plan.plants[1]
    wanted = shortage(found.plan, found.recording, given_up=set())
    assert wanted.stops == {*laid.stops.values(), *laid.calm.values()}
    assert not set(found.plan.clean.stops.values()) <= wanted.stops


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


def test_plants_share_their_visits(tmp_path: Path) -> None:
    """Each environment once in each round, whoever stands on it."""
    machine = Priced()
    found = visit(machine, tuple(PLANTS.values()), tmp_path, rounds=2)
    timed = [name for name in machine.visits if name in found.plan.stops]
    assert all(timed.count(name) >= 2 for name in found.plan.stops)
    settings = [(s.setting, s.web_dist, s.under_load) for s in found.plan.stops.values() if s.copy == 0]
    assert len(settings) == len({repr(one) for one in settings})


def test_a_recording_names_no_folder_of_the_machine(tmp_path: Path) -> None:
    chosen = (PLANTS["clean"], PLANTS["burning-page"], PLANTS["scalar-build"])
    visit(Priced(), chosen, tmp_path, rounds=1)
    text = (tmp_path / "run.jsonl").read_text(encoding="utf-8")
    assert '"pages/burning-page/index.html"' in text
    assert str(tmp_path) not in text


def plants_with_pairs() -> list[Plant]:
    return [plant for plant in PLANTS.values() if any(hasattr(one, "pair") for one in plant.expects)]


@pytest.mark.parametrize("plant", plants_with_pairs(), ids=lambda plant: plant.id)
def test_no_trial_of_a_ladder_is_the_measure_of_itself(plant: Plant, tmp_path: Path) -> None:
    found = visit(Priced(), (PLANTS["clean"], plant), tmp_path, rounds=2)
    laid = found.plan.plants[1]
    ladder = {*laid.stops.values(), *found.plan.clean.stops.values()}
    for pair in laid.pairs:
        assert pair is not None
        assert not {pair.planted, pair.without} & ladder


@pytest.mark.parametrize("plant", plants_with_pairs(), ids=lambda plant: plant.id)
def test_the_two_sides_of_an_a_b_differ_in_the_one_thing_planted(plant: Plant, tmp_path: Path) -> None:
    found = visit(Priced(), (PLANTS["clean"], plant), tmp_path, rounds=1)
    switches = {"no-isolation": {"isolated", "threads"}, "scalar-build": {"build"}}
    for pair in found.plan.plants[1].pairs:
        assert pair is not None
        planted, without = found.plan.stops[pair.planted], found.plan.stops[pair.without]
        changed = changed_fields(planted.setting, without.setting)
        assert changed == switches.get(plant.id, changed)
        assert len(changed) == len(switches.get(plant.id, {"one"}))
        assert planted.under_load == without.under_load


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
