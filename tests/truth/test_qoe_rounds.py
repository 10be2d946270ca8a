"""Both directions on a machine that takes no time: what pages were planted to cost, what disturbs a visit."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.digest.qoe import page_cells, page_sentences
from gapprof.explain.qoe import qoe
from gapprof.facts.case import Case
from gapprof.measure.extra import Beyond, Extra
from gapprof.measure.visits import ATTEMPTS, Patience
from gapprof.qoe.conditions import Conditions
from gapprof.qoe.pages import PageVisits
from gapprof.records.environment import Setting
from gapprof.records.job import Job
from gapprof.records.qoe import CONDITIONS, Condition, FeltTrial
from gapprof.records.recording import Recording
from gapprof.records.sections.quality import PageRow, QoE
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Load
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


def felt_in(loads: dict[Condition, list[Load]], *, left_s: float = 1e3) -> Recording:
    """One round, in which visits meet these loads one after the other, and then none."""
    quiet = Load(wall_ms=1000.0, machine_busy_ms=1000.0, own_cpu_ms=1000.0)

    def visit(job: Job, condition: Condition) -> FeltTrial | Failure:
        load = loads[condition].pop(0) if loads.get(condition) else quiet
        return felt_trial(condition, job.round, load=load, started_s=0.0, ended_s=10.0)

    def stage(settings: Settings) -> Extra:
        def felt(beyond: Beyond) -> None:
            Conditions(settings, beyond, visit, patience=Patience(left_s)).round(7)

        return felt

    return studied(lambda *_: 1.0, extra=stage)


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
        if condition != "main":
            return felt_trial(condition, job.round)
        return Failure(
            rung=job.rung,
            round=job.round,
            started_s=0.0,
            ended_s=0.0,
            phase="timed",
            kind="page",
            message="it broke",
        )

    def stage(settings: Settings) -> Extra:
        def felt(beyond: Beyond) -> None:
            conditions = Conditions(settings, beyond, visit, patience=Patience(math.inf))
            for number in range(5):
                conditions.round(number)

        return felt

    section = qoe(Case(studied(lambda *_: 1.0, extra=stage)))
    assert section is not None
    assert [number for condition, number in asked if condition == "main"] == [0, 1]
    assert [number for condition, number in asked if condition == "idle"] == [0, 1, 2, 3, 4]
    assert "not felt while it runs on the main thread" in section.why
