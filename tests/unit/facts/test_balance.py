"""On-CPU, run-queue and blocked time against wall time, each measured by itself: wrong figures are found."""

from collections.abc import Callable
from typing import Literal

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedPage
from gapprof.errors import WrongUse
from gapprof.explain.report import build
from gapprof.facts.balance import Closure, closures, visited
from gapprof.facts.case import Case
from gapprof.records.codec import decode_recording, encode_entry
from gapprof.records.model import TensorSpec
from gapprof.records.recording import Entry, Recording
from gapprof.records.report import CheckRow
from gapprof.records.trial import Clocks, Load, Seen, ThreadBalance, ThreadUse, Trace, Trial
from tests.truth.recorder import record
from tests.unit.gpu.written import SWIFTSHADER

SEEN = Seen(runtime_version="", engine_version="", threads=1, timer_step_us=5.0, page_kind="quiet")
BUSY = replace(SEEN, page_kind="user")
IN_WORKER = replace(SEEN, where="worker")


def load(cpu_ms: float, run_queue_ms: float, at_work_ms: float | None, *, stolen_ms: float = 0.0) -> Load:
    model = ThreadUse(
        process="renderer",
        thread="DedicatedWorker",
        cpu_ms=cpu_ms,
        run_queue_ms=run_queue_ms,
        role="inference",
    )
    return Load(
        wall_ms=1000.0,
        machine_busy_ms=None,
        own_cpu_ms=None,
        stolen_ms=stolen_ms,
        threads=(model,),
        at_work_ms=at_work_ms,
    )


def on_main(*, tasks_ms: float, cpu_ms: float, run_queue_ms: float) -> Load:
    """The kernel saw the main thread run for `cpu_ms`, and the browser saw the same."""
    clocks = Clocks(
        wall_ms=1005.0,
        wall_bounds_ms=(1000.0, 1010.0),
        cpu_ms=cpu_ms,
        cpu_bounds_ms=(cpu_ms, cpu_ms + 5.0),
        tasks_ms=tasks_ms,
        run_queue_ms=run_queue_ms,
    )
    worker = load(cpu_ms, run_queue_ms, cpu_ms + max(0.0, tasks_ms - cpu_ms))
    main = replace(worker.threads[0], thread="chrome")
    return replace(worker, threads=(main,), clocks=clocks)


def visit(found: Load, seen: Seen = IN_WORKER) -> dict[str, Closure]:
    trial = Trial(
        rung="web", round=0, started_s=0.0, ended_s=1.0, batch=1, samples_ms=(), seen=seen, load=found
    )
    return {one.terms: one for one in closures(trial, outputs_bytes=4000)}


@pytest.mark.parametrize(
    ("cpu_ms", "run_queue_ms", "at_work_ms", "error"),
    [
        (800.0, 100.0, 900.0, 0.0),
        (800.0, 100.0, 850.0, 0.0),  # it waited for a core on waking up as well
        (800.0, 0.0, 790.0, 0.01),
        (800.0, 50.0, 900.0, -0.05),
    ],
)
@pytest.mark.parametrize("page", ["quiet", "user"])
def test_in_a_worker_time_at_work_lies_between_time_on_a_cpu_and_that_with_waiting_for_one(
    cpu_ms: float, run_queue_ms: float, at_work_ms: float, error: float, page: str
) -> None:
    seen = replace(SEEN, where="worker", page_kind=page)
    found = visit(load(cpu_ms, run_queue_ms, at_work_ms), seen)["at-work"]
    assert found.error == pytest.approx(error)
    assert found.closes == (abs(error) <= 0.02)


def test_on_the_main_thread_the_browsers_own_clocks_find_a_wait_for_a_core_that_is_told_too_short() -> None:
    seen = replace(SEEN, where="main")
    assert visit(on_main(tasks_ms=900.0, cpu_ms=780.0, run_queue_ms=120.0), seen)["at-work"].closes
    halved = visit(on_main(tasks_ms=900.0, cpu_ms=780.0, run_queue_ms=60.0), seen)["at-work"]
    assert halved.error == pytest.approx(-0.06)
    assert not halved.closes


@pytest.mark.parametrize("seen", [replace(SEEN, where="main"), replace(BUSY, where="main")])
def test_two_clocks_of_the_same_thing_are_held_to_each_other_on_every_page(seen: Seen) -> None:
    right = on_main(tasks_ms=800.0, cpu_ms=780.0, run_queue_ms=20.0)
    assert right.clocks is not None
    assert all(one.closes for one in visit(right, seen).values())
    more_cpu = replace(right, clocks=replace(right.clocks, cpu_ms=850.0))
    assert visit(more_cpu, seen)["cpu"].error == pytest.approx(-0.065)
    assert not visit(more_cpu, seen)["cpu"].closes
    doubled = replace(right, clocks=replace(right.clocks, wall_bounds_ms=(2000.0, 2020.0)))
    assert visit(doubled, seen)["wall"].error == pytest.approx(0.995)
    assert not visit(doubled, seen)["wall"].closes


def test_what_a_hypervisor_took_is_in_no_figure_of_a_thread() -> None:
    assert visit(load(800.0, 0.0, 850.0, stolen_ms=40.0))["at-work"].closes
    beyond = visit(load(850.0, 0.0, 800.0, stolen_ms=40.0))["at-work"]
    assert not beyond.closes, "stolen time makes no thread run longer than it was at work"


def test_with_helpers_a_run_may_be_blocked_and_still_nobody_runs_longer_than_it_works() -> None:
    helped = replace(SEEN, where="worker", threads=2)
    assert visit(load(500.0, 0.0, 900.0), helped)["at-work"].closes
    assert not visit(load(950.0, 0.0, 900.0), helped)["at-work"].closes


def test_a_run_may_be_blocked_on_a_gpu() -> None:
    """A page that reads from WebGL waits for the GPU's process, and is in a task all the while."""
    drawing = replace(SEEN, where="main", adapter=SWIFTSHADER)
    assert visit(load(500.0, 0.0, 900.0), drawing)["at-work"].closes
    assert not visit(load(950.0, 0.0, 900.0), drawing)["at-work"].closes


@pytest.mark.parametrize(("outputs_bytes", "collects"), [(300_000, False), (800_000, True)])
def test_beside_much_garbage_a_lack_is_no_error_for_the_thread_waits_for_the_collectors_helpers(
    outputs_bytes: int, collects: bool
) -> None:
    """What a page made anew in 150 runs and forgot: V8 begins to collect at 64 MB."""
    trial = Trial(
        rung="web",
        round=0,
        started_s=0.0,
        ended_s=1.0,
        batch=5,
        samples_ms=(6.0,) * 29,
        seen=replace(SEEN, where="main"),
        load=replace(on_main(tasks_ms=950.0, cpu_ms=900.0, run_queue_ms=10.0), threads_wall_ms=1000.0),
    )
    (at_work,) = (one for one in closures(trial, outputs_bytes=outputs_bytes) if one.terms == "at-work")
    assert at_work.error == pytest.approx(0.0 if collects else -0.04)
    worker = replace(load(900.0, 10.0, 870.0), threads_wall_ms=1000.0)
    between_runs = replace(trial, load=worker, seen=IN_WORKER)
    (at_work,) = closures(between_runs, outputs_bytes=outputs_bytes)
    assert at_work.error == pytest.approx(0.0 if collects else 0.03)
    too_much = replace(trial, load=replace(load(970.0, 60.0, 950.0), threads_wall_ms=1000.0), seen=IN_WORKER)
    (at_work,) = closures(too_much, outputs_bytes=outputs_bytes)
    assert not at_work.closes, "nobody runs and waits for longer than time passes"


def test_where_nobody_knows_the_outputs_and_the_time_between_two_readings_nothing_can_be_told() -> None:
    unknown = Trial(
        rung="web",
        round=0,
        started_s=0.0,
        ended_s=1.0,
        batch=1,
        samples_ms=(6.0,),
        seen=IN_WORKER,
        load=load(900.0, 10.0, 870.0),
    )
    assert closures(unknown, outputs_bytes=None) == ()


def test_where_nobody_counted_nothing_is_said() -> None:
    assert visit(load(800.0, 100.0, None)) == {}
    assert visit(Load(wall_ms=1000.0, machine_busy_ms=None, own_cpu_ms=None, at_work_ms=1.0)) == {}


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
    wrong = replace(trial, load=replace(right, clocks=replace(right.clocks, **change)))
    with pytest.raises(WrongUse, match="clocks that went backwards"):
        decode_recording([begin, encode_entry(wrong)], source="test")


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
