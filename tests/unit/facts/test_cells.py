import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedFailure
from gapprof.explain.rung_rows import samples
from gapprof.facts.case import Case
from gapprof.facts.cells import complete_rounds, counting, figure_ms, measured, standing
from gapprof.facts.ladder import nominal_chain, target
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from tests.truth.recorder import begin, record

CHAIN = (
    "native",
    "native-threads",
    "native-128",
    "web-worker",
    "web-flags",
    "web-graph",
    "web-main",
    "web-paced",
    "web",
)


def edited(recording: Recording, rung: str, **changes: object) -> Recording:
    return replace(
        recording,
        entries=tuple(
            replace(entry, **changes) if isinstance(entry, Trial) and entry.rung == rung else entry
            for entry in recording.entries
        ),
    )


def first_trial(rung: str) -> Trial:
    return next(t for t in record(Machine(), rounds=1).of(Trial) if t.rung == rung)


def test_back_to_back_is_a_median_so_that_a_stall_does_not_count() -> None:
    trial = replace(first_trial("native"), samples_ms=(1.0, 1.0, 1.1, 0.9, 90.0))
    assert figure_ms(trial) == 1.0


def test_paced_is_a_mean_so_that_waiting_counts() -> None:
    trial = replace(first_trial("web"), requests_ms=(1.0, 1.0, 1.0, 5.0))
    assert figure_ms(trial) == 2.0


def test_visits_of_one_round_count_with_their_geometric_mean() -> None:
    recording = record(Machine(), rounds=1)
    trial = next(t for t in recording.of(Trial) if t.rung == "native")
    again = replace(trial, visit=1, samples_ms=tuple(4 * ms for ms in trial.samples_ms))
    struck = replace(trial, visit=2, samples_ms=(90.0,) * 5, struck=("outside load",))
    case = Case(replace(recording, entries=(*recording.entries, again, struck)))
    assert measured(case)["native"][0] == pytest.approx(20.0)
    assert [one for one in counting(case) if one.rung == "native"] == [trial, again]


def test_one_unlucky_way_of_waking_up_does_not_count_but_waiting_in_every_way_does() -> None:
    """Of three ways in turn the second runs three times slower; then all ways have to wait now and then."""
    unlucky = replace(first_trial("web"), requests_ms=(1.0, 3.0, 1.0) * 5, ways=3)
    assert figure_ms(unlucky) == 1.0
    waiting = replace(unlucky, requests_ms=(1.0, 1.0, 1.0, 3.0, 3.0, 3.0) * 5)
    assert figure_ms(waiting) == 2.0


def test_a_single_long_wait_counts_in_whichever_way_it_falls() -> None:
    requests = [10.0] * 24
    requests[7] = 300.0
    trial = replace(first_trial("web"), requests_ms=tuple(requests), ways=3)
    assert figure_ms(trial) == pytest.approx((23 * 10.0 + 300.0) / 24)


@pytest.mark.parametrize("samples", [(), (0.0, 0.0, 0.0)])
def test_a_trial_without_a_positive_figure_is_no_cell(samples: tuple[float, ...]) -> None:
    assert figure_ms(replace(first_trial("native"), samples_ms=samples)) is None


def test_the_last_attempt_that_counts_is_the_cell() -> None:
    trial = first_trial("native")
    attempts = (
        replace(trial, attempt=0, samples_ms=(9.0,), struck=("outside load: 20 %",)),
        replace(trial, attempt=2, samples_ms=(3.0,)),
        replace(trial, attempt=3, samples_ms=(8.0,), struck=("outside load: 20 %",)),
        replace(trial, attempt=1, samples_ms=(2.0,)),
    )
    case = Case(Recording(begin=begin(), entries=attempts))
    assert [t.samples_ms for t in case.get(counting)] == [(3.0,)]
    assert [one.struck for one in samples(case)] == [
        ("outside load: 20 %",),
        (),
        ("outside load: 20 %",),
        ("its cores were slow, and it was visited anew",),
    ]


def test_struck_trials_do_not_count() -> None:
    recording = edited(record(Machine(), rounds=3), "native-128", struck=("threads: 2 planned, 1 obtained",))
    case = Case(recording)
    assert "native-128" not in case.get(measured)
    assert "native-128" not in case.get(standing)
    assert case.get(complete_rounds) == (0, 1, 2)


def test_an_alias_shows_the_cells_of_the_rung_that_was_visited() -> None:
    case = Case(record(Machine(noise=0.1), Settings(where="worker", threads=2), rounds=3))
    assert target(case, "web") == "web-paced"
    assert case.get(measured)["web"] == case.get(measured)["web-paced"]
    assert case.get(measured)["web-main"] == case.get(measured)["web-graph"]


def test_a_round_without_a_main_cell_is_dropped_for_all() -> None:
    machine = Machine(failures=(PlantedFailure(rung="web-graph", message="", rounds=frozenset({2})),))
    case = Case(record(machine, rounds=5))
    assert case.get(complete_rounds) == (0, 1, 3, 4)
    assert "web-graph" in case.get(standing)


def test_a_rung_that_nearly_always_fails_leaves_the_chain_instead_of_the_rounds() -> None:
    machine = Machine(
        failures=(PlantedFailure(rung="web-graph", message="", rounds=frozenset({1, 2, 3, 4})),)
    )
    case = Case(record(machine, rounds=5))
    assert case.get(complete_rounds) == (0, 1, 2, 3, 4)
    assert "web-graph" not in case.get(standing)


def test_rungs_that_never_meet_leave_one_by_one_until_a_round_is_complete() -> None:
    machine = Machine(
        failures=(
            PlantedFailure(rung="web-graph", message="", rounds=frozenset({0, 1})),
            PlantedFailure(rung="web-main", message="", rounds=frozenset({2, 3})),
        )
    )
    case = Case(record(machine, rounds=4))
    assert len(case.get(complete_rounds)) == 2
    assert len({"web-graph", "web-main"} & case.get(standing)) == 1


def test_the_chain_runs_from_native_to_web_whatever_the_order_of_the_ladder() -> None:
    recording = record(Machine(), rounds=1)
    preflight = recording.preflight
    assert preflight is not None
    turned = replace(preflight, ladder=tuple(reversed(preflight.ladder)))
    for one in (preflight, turned):
        case = Case(Recording(begin=begin(), entries=(one,)))
        assert case.get(nominal_chain) == CHAIN


def test_a_ladder_in_a_circle_is_refused() -> None:
    recording = record(Machine(), rounds=0)
    preflight = recording.preflight
    assert preflight is not None
    circle = {"web": "web-paced", "web-paced": "web"}
    ladder = tuple(replace(s, alias_of=circle.get(s.rung.id, s.alias_of)) for s in preflight.ladder)
    case = Case(Recording(begin=begin(), entries=(replace(preflight, ladder=ladder),)))
    with pytest.raises(ValueError, match="circle"):
        target(case, "web")


def test_asking_twice_computes_once() -> None:
    calls: list[Case] = []

    def fact(case: Case) -> int:
        calls.append(case)
        return 1

    case = Case(Recording(begin=begin()))
    assert (case.get(fact), case.get(fact), len(calls)) == (1, 1, 1)
