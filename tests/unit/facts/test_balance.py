"""On-CPU, run-queue and blocked time against wall time, each measured by itself: wrong figures are found."""

from collections.abc import Callable
from typing import Literal

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedPage
from gapprof.errors import WrongUse
from gapprof.explain.page import page_figures
from gapprof.explain.report import build
from gapprof.facts.balance import kernel_balance
from gapprof.facts.case import Case
from gapprof.facts.closing import visited
from gapprof.facts.page_told import part_evidence
from gapprof.records.codec import decode_recording, encode_entry
from gapprof.records.model import TensorSpec
from gapprof.records.recording import Entry, Recording
from gapprof.records.report import CheckRow
from gapprof.records.trial import CountedStretch, Load, ThreadBalance, Trace, TraceSlice, Trial
from tests.truth.recorder import record
from tests.unit.facts.loads import IN_WORKER, SEEN, load, on_main, uncounted_on_main
from tests.unit.facts.pages import piece
from tests.unit.gpu.written import SWIFTSHADER


def watched(
    role: Literal["inference", "pool"],
    *,
    wall_ms: float = 1800.0,
    run_queue_ms: float = 300.0,
    looks: int = 1900,
) -> ThreadBalance:
    return ThreadBalance(
        thread="DedicatedWorker",
        role=role,
        wall_ms=wall_ms,
        cpu_ms=900.0,
        run_queue_ms=run_queue_ms,
        blocked_ms=600.0,
        looks=looks,
    )


def traced(*balances: ThreadBalance) -> Recording:
    """A page with work of its own and two threads for the model, as traced visits alone saw them."""

    def told(entry: Entry) -> Entry:
        if isinstance(entry, Trial):
            return replace(entry, load=replace(entry.load, at_work_ms=None))
        if isinstance(entry, Trace) and entry.rung == "web":
            return replace(entry, balances=balances)
        return entry

    recording = of_ten_numbers()
    return replace(recording, entries=tuple(map(told, recording.entries)))


def of_ten_numbers() -> Recording:
    """By a model that gives so many: no garbage to speak of."""
    found = record(Machine(pages={"web": PlantedPage()}))
    outputs = (TensorSpec(name="y", dtype="float32", shape=(1, 10)),)
    model = replace(found.begin.model, outputs=outputs)
    return replace(found, begin=replace(found.begin, model=model))


def long_enough(visits: int, *balances: ThreadBalance) -> tuple[Recording, int]:
    """So many timed visits take a second, and close; beside it, how many tell anything of threads at all."""
    recording = of_ten_numbers()
    left = iter(range(visits))

    def told(entry: Entry) -> Entry:
        if isinstance(entry, Trace) and entry.rung == "web":
            return replace(entry, balances=balances)
        if isinstance(entry, Trial) and entry.load.at_work_ms is not None and next(left, None) is not None:
            return replace(entry, load=load(800.0, 100.0, 850.0), seen=IN_WORKER)
        return entry

    changed = replace(recording, entries=tuple(map(told, recording.entries)))
    return changed, sum(one.told for one in visited(Case(changed)))


def balance_check(recording: Recording) -> CheckRow:
    return next(row for row in build(recording).checks if row.id == "scheduler-balance")


def test_blocked_time_that_was_measured_closes_the_balance_of_every_thread() -> None:
    row = balance_check(traced(watched("inference"), watched("pool")))
    assert row.status == "pass"
    assert row.text.startswith(
        "on-CPU, run-queue and blocked time add up to wall time, within 2.0 % in 3 of 3"
    )
    assert row.text.endswith("blocked time was measured by itself in 3 of them")


def test_where_no_visit_was_traced_nothing_is_said_to_add_up() -> None:
    _, all_of_them = long_enough(0)
    recording, _ = long_enough(all_of_them)
    row = balance_check(recording)
    assert row.status == "pass"
    assert row.text.startswith(
        f"two clocks agree on what was measured, within 2.0 % in {all_of_them} of {all_of_them} visits"
    )
    assert row.text.endswith("blocked time was measured in none of them, only bounded by that")
    assert "add up" not in row.text


def test_where_some_visits_were_traced_both_kinds_are_told() -> None:
    _, timed = long_enough(0)
    recording, told = long_enough(timed, watched("inference"))
    row = balance_check(recording)
    assert told == timed + 3
    assert row.status == "pass"
    assert "add up to wall time, and two clocks of one thing agree, within 2.0 %" in row.text
    assert "measured by itself in 3 of them, and bounded in the others" in row.text


def test_visits_in_which_the_thread_may_wait_for_somebody_are_counted() -> None:
    _, timed = long_enough(0)
    recording, _ = long_enough(timed, watched("inference"))
    assert "not from above" not in balance_check(recording).text
    large = (TensorSpec(name="y", dtype="float32", shape=(64, 1 << 20)),)
    begin = replace(recording.begin, model=replace(recording.begin.model, outputs=large))

    def read_twice(entry: Entry) -> Entry:
        """How long it was between both readings of the threads is the one thing that can tell then."""
        if isinstance(entry, Trial):
            return replace(entry, load=replace(entry.load, threads_wall_ms=entry.load.wall_ms))
        return entry

    littering = replace(recording, begin=begin, entries=tuple(map(read_twice, recording.entries)))
    assert sum(not one.bounded for one in visited(Case(littering)) if one.told) == timed
    assert f"in {timed} of them not from above" in balance_check(littering).text


@pytest.mark.parametrize(("clocks", "told"), [(True, True), (False, False)])
def test_of_a_worker_that_asks_by_itself_a_timed_visit_tells_what_the_browsers_clocks_did_or_nothing(
    clocks: bool, told: bool
) -> None:
    """Up to 1.15 they counted there."""
    recording = of_ten_numbers()
    assert recording.preflight is not None
    plan = [one for one in recording.preflight.ladder if one.rung.id == "web-worker" and one.setting]
    asking = [replace(one, setting=replace(one.setting, requests_from="worker")) for one in plan]
    counted = on_main(tasks_ms=0.0, cpu_ms=0.0, run_queue_ms=0.0).clocks
    assert counted is not None
    timed = replace(
        load(800.0, 100.0, 850.0), clocks=replace(counted, cpu_bounds_ms=(0.0, 0.0)) if clocks else None
    )
    trial = next(one for one in recording.entries if isinstance(one, Trial) and one.rung == "web-worker")
    preflight = replace(recording.preflight, ladder=tuple(asking))
    entries = (preflight, replace(trial, load=timed, struck=()))
    found = visited(Case(replace(recording, entries=entries)))
    assert [one.told for one in found] == [told]
    assert {one.terms for one in found[0].closures} == ({"wall", "cpu"} if clocks else set())


def test_fewer_than_half_of_the_visits_do_not_speak_for_all() -> None:
    _, told = long_enough(0)
    enough = (told + 1) // 2
    assert balance_check(long_enough(enough)[0]).status == "pass"
    row = balance_check(long_enough(enough - 1)[0])
    assert row.status == "unknown"
    assert row.text == (
        f"only {enough - 1} of {told} visits of the browser lasted long enough (500 ms), or were seen well "
        "enough, to tell; there two clocks agree on what was measured, within 2.0 %"
    )


def test_one_visit_that_does_not_close_fails_however_few_there_are() -> None:
    recording, told = long_enough(1, watched("pool", run_queue_ms=150.0))
    row = balance_check(recording)
    assert row.status == "fail"
    assert "in 1 of 4 visits" in row.text
    assert f"{told - 4} more were not checked: in less than 500 ms" in row.text


@pytest.mark.parametrize(
    "wrong", [watched("pool", run_queue_ms=150.0), watched("pool", wall_ms=3600.0)], ids=["halved", "doubled"]
)
def test_a_run_queue_told_half_and_a_wall_told_double_are_found_on_a_page_with_work(
    wrong: ThreadBalance,
) -> None:
    row = balance_check(traced(watched("inference"), wrong))
    assert row.status == "fail"
    assert "in 0 of 3 visits" in row.text


def test_a_thread_that_was_looked_at_too_seldom_is_not_checked_and_that_is_said() -> None:
    row = balance_check(traced(watched("pool", run_queue_ms=0.0, looks=200)))
    assert row.status == "unknown"
    assert "too full to look at threads" in row.text


@pytest.mark.parametrize(("late_ms", "status"), [(None, "fail"), (70.0, "fail"), (80.0, "unknown")])
def test_a_thread_that_was_looked_at_too_late_is_not_checked(late_ms: float | None, status: str) -> None:
    """4 % of the time is 72 ms."""
    row = balance_check(traced(replace(watched("pool", run_queue_ms=0.0), late_ms=late_ms)))
    assert row.status == status


def test_visits_that_are_too_short_are_counted_and_said_to_be() -> None:
    recording = of_ten_numbers()
    row = balance_check(recording)
    told = [one for one in visited(Case(recording)) if one.told]
    assert all(not one.closures for one in told)
    assert row.status == "unknown"
    assert f"all {len(told)} visits" in row.text
    assert "less than 500 ms" in row.text


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, balances=(replace(watched("pool"), blocked_ms=-1.0),)),
        lambda one: replace(one, balances=(replace(watched("pool"), blocked_ms=5000.0),)),
        lambda one: replace(one, balances=(replace(watched("pool"), looks=-1),)),
        lambda one: replace(one, balances=(replace(watched("pool"), late_ms=-1.0),)),
    ],
)
def test_a_recording_with_an_impossible_balance_is_refused(change: Callable[[Entry], Entry]) -> None:
    recording = traced(watched("pool"))
    trace = next(one for one in recording.entries if isinstance(one, Trace))
    lines = [encode_entry(recording.begin), encode_entry(trace)]
    assert decode_recording(lines, source="test").entries == (trace,)
    with pytest.raises(WrongUse, match="impossible times"):
        decode_recording([lines[0], encode_entry(change(trace))], source="test")


def on_main_thread(timed: Load, counted: Load | None) -> Trial:
    """Twenty requests of 40 ms, of which a run is 30; half as many were counted."""
    behind = None if counted is None else CountedStretch(runs_ms=(30.0,) * 10, load=counted)
    return Trial(
        rung="web",
        round=0,
        started_s=0.0,
        ended_s=1.0,
        batch=1,
        samples_ms=(),
        requests_ms=(40.0,) * 20,
        runs_ms=(30.0,) * 20,
        seen=replace(SEEN, where="main"),
        load=timed,
        counted=behind,
    )


def test_of_a_main_threads_waits_those_outside_of_its_tasks_are_none_of_a_run() -> None:
    """Of the counted stretch 10 ms of 15 in the queue were in tasks: so were 40 of 60."""
    counted = on_main(tasks_ms=400.0, cpu_ms=390.0, run_queue_ms=15.0)
    whole = kernel_balance(on_main_thread(uncounted_on_main(run_queue_ms=60.0), counted))
    assert whole is not None
    of_it = 600.0 / (780.0 + 40.0) / 20
    assert whole.on_cpu_ms == pytest.approx(780.0 * of_it)
    assert whole.run_queue_ms == pytest.approx(40.0 * of_it)
    assert whole.blocked_ms == pytest.approx(0.0, abs=1e-9)


def test_a_run_is_within_tasks_whatever_the_requests_behind_it_say() -> None:
    """Nothing held a core any longer when tasks were counted: 20 ms of waits are of runs nevertheless."""
    calm = on_main(tasks_ms=390.0, cpu_ms=390.0, run_queue_ms=5.0)
    held = uncounted_on_main(run_queue_ms=30.0)
    (model,) = held.threads
    held = replace(held, threads=(replace(model, cpu_ms=580.0),))
    whole = kernel_balance(on_main_thread(held, calm))
    assert whole is not None
    assert (whole.on_cpu_ms, whole.run_queue_ms) == pytest.approx((29.0, 1.0))
    drawn = on_main_thread(held, calm)
    by_gpu = kernel_balance(replace(drawn, seen=replace(drawn.seen, adapter=SWIFTSHADER)))
    assert by_gpu is not None
    assert (by_gpu.run_queue_ms, by_gpu.blocked_ms) == pytest.approx((0.0, 1.0))


def test_a_main_thread_that_is_blocked_in_its_tasks_is_so_in_the_timed_requests() -> None:
    """20 ms of ten requests, beside 10 in the queue: 40 of twenty."""
    counted = on_main(tasks_ms=420.0, cpu_ms=390.0, run_queue_ms=10.0)
    whole = kernel_balance(on_main_thread(uncounted_on_main(run_queue_ms=20.0), counted))
    assert whole is not None
    of_it = 600.0 / (780.0 + 20.0 + 40.0) / 20
    assert whole.run_queue_ms == pytest.approx(20.0 * of_it)
    assert whole.blocked_ms == pytest.approx(40.0 * of_it)


def deployed_on_main(*inside: TraceSlice) -> Recording:
    """A model that its page runs on the main thread, whose tasks were counted behind the timed requests; and
    what a trace saw of that thread in runs."""
    counted = on_main(tasks_ms=400.0, cpu_ms=390.0, run_queue_ms=15.0)
    visit = on_main_thread(uncounted_on_main(run_queue_ms=60.0), counted)

    def told(entry: Entry) -> Entry:
        if isinstance(entry, Trial) and entry.rung == "web":
            return replace(
                entry, seen=visit.seen, load=visit.load, counted=visit.counted, runs_ms=(5.0,) * 20
            )
        if isinstance(entry, Trace) and entry.rung == "web":
            return replace(entry, inside=inside)
        return entry

    recording = of_ten_numbers()
    return replace(recording, entries=tuple(map(told, recording.entries)))


def test_that_waits_were_shared_out_by_requests_behind_the_timed_ones_is_said() -> None:
    case = Case(deployed_on_main())
    (told,) = (one.text for one in part_evidence(case, "slower-runs") if "waiting for one" in one.text)
    assert told.endswith(" blocked (estimated by the requests behind the timed ones).")
    assert page_figures(case)["balance_shared_out"] is True
    run = replace(piece("gapprof:run", 100.0), cpu_ms=95.0)
    for measured in (of_ten_numbers(), deployed_on_main(run)):
        case = Case(measured)
        (told,) = (one.text for one in part_evidence(case, "slower-runs") if "waiting for one" in one.text)
        assert told.endswith(" blocked.")
        assert "balance_shared_out" not in page_figures(case)


def test_visits_in_which_requests_behind_the_timed_ones_were_held_together_are_counted() -> None:
    recording = deployed_on_main()
    behind = sum(isinstance(one, Trial) and one.counted is not None for one in recording.entries)
    row = balance_check(recording)
    assert f"; in {behind} of them that is so of requests behind the timed ones, and the timed" in row.text
    assert "behind the timed ones" not in balance_check(of_ten_numbers()).text


def test_without_a_counted_stretch_nobody_knows_what_a_main_thread_waited_for() -> None:
    assert kernel_balance(on_main_thread(uncounted_on_main(run_queue_ms=20.0), None)) is None
    before_1_16 = on_main(tasks_ms=800.0, cpu_ms=780.0, run_queue_ms=20.0)
    assert kernel_balance(on_main_thread(before_1_16, None)) is not None


@pytest.mark.parametrize(
    "change", [{"cpu_ms": -1.0}, {"wall_bounds_ms": (1010.0, 1000.0)}, {"run_queue_ms": 1e12}]
)
def test_a_recording_with_impossible_clocks_is_refused(change: dict[str, object]) -> None:
    recording = record(Machine())
    right = on_main(tasks_ms=800.0, cpu_ms=780.0, run_queue_ms=20.0)
    assert right.clocks is not None
    trial = next(one for one in recording.entries if isinstance(one, Trial) and one.rung == "web")
    begin = encode_entry(recording.begin)
    good = replace(trial, load=right)
    assert decode_recording([begin, encode_entry(good)], source="test").entries == (good,)
    load = replace(right, clocks=replace(right.clocks, **change))
    behind_it = CountedStretch(runs_ms=(5.0,), load=load)
    for wrong in (replace(trial, load=load), replace(good, counted=behind_it)):
        with pytest.raises(WrongUse, match="clocks that went backwards"):
            decode_recording([begin, encode_entry(wrong)], source="test")


def test_a_recording_with_an_impossible_run_behind_the_timed_ones_is_refused() -> None:
    recording = record(Machine())
    trial = next(one for one in recording.entries if isinstance(one, Trial) and one.rung == "web")
    counted = CountedStretch(runs_ms=(-5.0,), load=trial.load)
    with pytest.raises(WrongUse, match="behind the timed ones"):
        decode_recording(
            [encode_entry(recording.begin), encode_entry(replace(trial, counted=counted))], source="test"
        )


def test_each_thread_of_the_model_has_its_measured_balance_per_inference() -> None:
    report = build(traced(watched("inference"), watched("pool", run_queue_ms=100.0)))
    rows = report.page["threads_ms"]
    assert [row["role"] for row in rows] == ["inference", "pool"]
    runs = 20
    assert rows[1] == pytest.approx(
        {
            "role": "pool",
            "on_cpu_ms": 900.0 / runs,
            "run_queue_ms": 100.0 / runs,
            "blocked_ms": 600.0 / runs,
            "wall_ms": 1800.0 / runs,
        }
    )
