"""Both directions on a machine that takes no time: what pages were planted to cost, what disturbs a visit."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.digest.qoe import page_cells, page_sentences
from gapprof.explain.qoe import qoe
from gapprof.facts.case import Case
from gapprof.facts.felt import DUTY, STEP_DUTY
from gapprof.measure.extra import Beyond, Extra
from gapprof.measure.fastest import Fastest
from gapprof.measure.visits import ATTEMPTS, Patience
from gapprof.qoe.conditions import Conditions, Felt
from gapprof.qoe.pages import PageVisits
from gapprof.records.environment import Setting
from gapprof.records.job import CoreSpeed, Job
from gapprof.records.qoe import CONDITIONS, Condition, FeltTrial
from gapprof.records.recording import Recording
from gapprof.records.sections.quality import PageRow, QoE
from gapprof.records.settings import Settings
from gapprof.records.trial import CoreWork, Failure, Load
from tests.failing import failing
from tests.truth.cells import studied
from tests.unit.facts.felt import BESIDE
from tests.unit.facts.felt import trial as felt_trial

COSTS = {"busy": 1.4, "busier": 2.2, "app.html": 1.7}
ROUNDS = 4


def planted(setting: Setting, number: int) -> float:
    """A machine that gets slower from round to round, on all pages alike."""
    return COSTS.get(setting.page, 1.0) * 1.2**number


def visiting(scratch: Path) -> Callable[[Settings], Extra]:
    def stage(settings: Settings) -> Extra:
        def visit(beyond: Beyond) -> None:
            pages = PageVisits(settings, beyond, patience=Patience(0.0), scratch=scratch)
            for number in range(ROUNDS):
                pages.round(number)

        return visit

    return stage


def told(page: str, scratch: Path, *, failing: str = "") -> QoE:
    settings = Settings(threads=1, page=page, qoe=True)
    recording = studied(
        planted, settings=settings, page_threads=1, failing=failing, extra=visiting(scratch), noise=0.02
    )
    felt = tuple(felt_trial(condition, 0) for condition in CONDITIONS)
    found = qoe(Case(replace(recording, entries=(*recording.entries, *felt))))
    assert found is not None
    return found


def rows(found: QoE) -> dict[str, PageRow]:
    return {row.page: row for row in found.pages}


def test_what_pages_cost_is_recovered_in_the_same_rounds_and_in_order(tmp_path: Path) -> None:
    """A slower machine by 1.7x from the first round to the last would hide it all between rounds."""
    found = rows(told("app.html", tmp_path))
    assert list(found) == ["quiet", "busy", "busier", "own"]
    assert found["quiet"].times is None
    for page, cost in (("busy", 1.4), ("busier", 2.2), ("own", 1.7)):
        times = found[page].times
        assert times is not None
        assert times.low <= cost <= times.high
        assert times.high / times.low < 1.2
        assert (times.rounds, found[page].visits) == (ROUNDS, ROUNDS)
    assert found["busier"].times is not None
    assert found["busy"].times is not None
    assert found["busier"].times.low > found["busy"].times.high
    assert all(row.request_ms is not None and row.request_ms.rounds == ROUNDS for row in found.values())


def test_a_page_of_the_users_that_is_the_quiet_one_is_no_row_of_its_own(tmp_path: Path) -> None:
    found = told("quiet", tmp_path)
    assert list(rows(found)) == ["quiet", "busy", "busier"]
    assert [one.title for one in page_cells(found)] == [
        "A quiet page",
        "The built-in busy page",
        "The same, at twice its load",
    ]
    slower, visited, *_ = page_sentences(found)
    assert slower.startswith("The built-in busy page slows inference ")
    assert "the same 4 rounds. Your page is the quiet one." in visited


QUIET = Load(wall_ms=1000.0, machine_busy_ms=1000.0, own_cpu_ms=1000.0)


def felt_by(
    visit: Felt, *, rounds: int = 1, patience: Patience | None = None, fastest: Fastest | None = None
) -> Recording:
    """As many rounds of such visits."""

    def stage(settings: Settings) -> Extra:
        def felt(beyond: Beyond) -> None:
            run = dataclasses.replace(beyond, fastest=fastest or Fastest())
            conditions = Conditions(settings, run, visit, patience=patience or Patience(math.inf))
            for number in range(rounds):
                conditions.round(number)

        return felt

    return studied(lambda *_: 1.0, extra=stage)


def felt_in(loads: dict[Condition, list[Load]], *, left_s: float = 1e3) -> Recording:
    """One round, in which visits meet these loads one after the other, and then none."""

    def visit(job: Job, condition: Condition) -> FeltTrial | Failure:
        load = loads[condition].pop(0) if loads.get(condition) else QUIET
        return felt_trial(condition, job.round, load=load, started_s=0.0, ended_s=10.0)

    return felt_by(visit, patience=Patience(left_s))


def attempts(recording: Recording) -> dict[str, list[bool]]:
    """Condition → of each attempt whether it was struck."""
    found: dict[str, list[bool]] = {}
    for one in recording.of(FeltTrial):
        found.setdefault(one.condition, []).append(bool(one.struck))
    return found


def test_a_visit_that_others_disturbed_is_struck_and_made_again() -> None:
    found = felt_in({"main": [BESIDE]})
    assert attempts(found) == {"idle": [False], "main": [True, False], "worker": [False]}
    struck = next(one for one in found.of(FeltTrial) if one.struck)
    assert struck.struck == ("outside load: other programs used 50% of a core during the trial",)


def test_on_a_machine_that_is_never_quiet_the_last_attempt_counts_and_is_told() -> None:
    found = felt_in({"main": [BESIDE] * 9})
    assert attempts(found)["main"] == [True] * (ATTEMPTS - 1) + [False]
    section = qoe(Case(found))
    assert section is not None
    assert (section.visits, section.disturbed_visits, section.repeated_visits) == (3, 1, ATTEMPTS - 1)


@pytest.mark.parametrize(("left_s", "repeated"), [(0.0, 0), (5.0, 1)])
def test_repeats_are_bound(left_s: float, repeated: int) -> None:
    found = felt_in({condition: [BESIDE] * 9 for condition in CONDITIONS}, left_s=left_s)
    assert sum(bool(one.struck) for one in found.of(FeltTrial)) == repeated


def test_a_condition_that_goes_on_failing_is_left_alone_and_said() -> None:
    asked: list[tuple[Condition, int]] = []

    def visit(job: Job, condition: Condition) -> FeltTrial | Failure:
        asked.append((condition, job.round))
        return failing(job) if condition == "main" else felt_trial(condition, job.round)

    section = qoe(Case(felt_by(visit, rounds=5)))
    assert section is not None
    assert [number for condition, number in asked if condition == "main"] == [0, 1]
    assert [number for condition, number in asked if condition == "idle"] == [0, 1, 2, 3, 4]
    assert "not felt while it runs on the main thread" in section.why


def test_the_duty_that_a_page_reached_is_recovered_beside_the_one_that_it_was_asked_for() -> None:
    """Runs get slower from round to round, and with them the rests between: of the time both are as much."""
    reached = {"idle": (0.0, 0.0), "main": (0.9, 0.35), "worker": (0.97, 0.45)}

    def visit(job: Job, condition: Condition) -> FeltTrial | Failure:
        run_ms, luck = 20.0 * 1.2**job.round, 1.01 if job.round % 2 else 0.99
        runs = tuple((run_ms,) * (100 if share else 0) for share in reached[condition])
        over_ms = [100 * run_ms / share * luck if share else 3000.0 for share in reached[condition]]
        return felt_trial(
            condition,
            job.round,
            runs_ms=runs[0],
            runs_over_ms=over_ms[0],
            step_runs_ms=runs[1],
            step_runs_over_ms=over_ms[1],
        )

    section = qoe(Case(felt_by(visit, rounds=ROUNDS)))
    assert section is not None
    assert (section.duty, section.step_duty) == (1.0, 0.5)
    by_id = {row.id: row for row in section.rows}
    for condition in ("main", "worker"):
        for name, share in zip((DUTY, STEP_DUTY), reached[condition], strict=True):
            found = getattr(by_id[name], condition)
            assert found.low <= share <= found.high
            assert found.high - found.low < 0.05
            assert found.rounds == ROUNDS


CORES = CoreWork(fastest_us=(200.0,), before_us=(202.0,), after_us=(201.0,), used=(), waited_ms=0.0)
FIRST_US, FASTEST_US = 205.0, 201.0


def on_slow_cores(waits_ms: list[float | None]) -> tuple[list[CoreSpeed | None], Fastest]:
    """What visits of one round are asked to wait for, and what the run knows in the end. Each waits so long,
    None: until it fails."""
    wanted: list[CoreSpeed | None] = []
    run = Fastest(left_s=60.0)
    run.begin_with((FIRST_US,), ())

    def visit(job: Job, condition: Condition) -> FeltTrial | Failure:
        wanted.append(job.core_speed)
        waited_ms = waits_ms.pop(0)
        if waited_ms is None:
            run.waits.hear(4000.0)
            return failing(job)
        load = replace(QUIET, core_work=replace(CORES, waited_ms=waited_ms))
        return felt_trial(condition, job.round, load=load)

    felt_by(visit, patience=Patience(12.0), fastest=run)
    return wanted, run


def test_a_page_is_felt_on_cores_that_are_as_fast_as_the_run_knows_them() -> None:
    wanted, run = on_slow_cores([0.0, 0.0, 0.0])
    assert [one.fastest_us for one in wanted if one is not None] == [
        (FIRST_US,),
        (FASTEST_US,),
        (FASTEST_US,),
    ]
    learnt = run.wanted()
    assert learnt is not None
    assert learnt.fastest_us == (FASTEST_US,), "all stages learn of the same cores"


@pytest.mark.parametrize(
    ("waits_ms", "left_ms"), [([7000.0, 7000.0, 0.0], [10e3, 5e3, 0.0]), ([None, 0.0, 0.0], [10e3, 8e3, 8e3])]
)
def test_what_visits_waited_for_cores_is_gone_and_no_time_of_the_runs_own(
    waits_ms: list[float | None], left_ms: list[float]
) -> None:
    wanted, run = on_slow_cores(waits_ms)
    assert [one.longest_wait_ms for one in wanted if one is not None] == left_ms
    assert run.left_s == 60.0


def test_waiting_for_cores_leaves_the_time_for_repeating_visits_as_it_is() -> None:
    """Of five seconds a visit of ten takes one: it waited for nine of them."""
    waiting = replace(BESIDE, core_work=replace(CORES, waited_ms=9000.0))
    found = felt_in({condition: [waiting] * 9 for condition in CONDITIONS}, left_s=5.0)
    assert sum(bool(one.struck) for one in found.of(FeltTrial)) == 5
