"""What a page was felt to do."""

from typing import Any

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.digest.qoe import qoe_sentences
from gapprof.facts.case import Case
from gapprof.facts.felt import DUTY, STEP_DUTY, felt_trials, quantile
from gapprof.records.qoe import Condition
from tests.truth.recorder import record
from tests.unit.facts.felt import BESIDE, felt, report, rows, three_rounds, trial


def test_a_page_that_nobody_felt_has_no_section() -> None:
    found = report()
    assert found.qoe is None
    assert found.page["frames"] is None
    assert "--qoe" in found.page["why"]


def test_frames_left_out_are_those_that_the_display_waited_for() -> None:
    """33.3 ms is one frame left out, 100 ms is five."""
    found = rows(felt(*three_rounds(frames_ms=(16.7, 33.3, 100.0))))
    left_out, p95, rate = found["frames-left-out"], found["frame-p95"], found["frame-rate"]
    assert left_out.main is not None
    assert left_out.main.point == pytest.approx(6 / (150 / (1000 / 60)))
    assert left_out.idle is not None
    assert left_out.idle.point == 0.0
    assert left_out.main_times is None, "there is no multiple of nothing"
    assert p95.main_times is not None
    assert p95.main_times.point == pytest.approx(100.0 / 16.7)
    assert p95.worker_times is not None
    assert p95.worker_times.point == pytest.approx(1.0)
    assert rate.more_is_better
    assert rate.main is not None
    assert rate.main.point == pytest.approx(3 / 0.150)


FROZEN = {"frames_ms": (4.5,), "long_tasks_ms": (4049.0,)}
"""As recordings before 1.11 have a page that stands still all the time."""


@pytest.mark.parametrize(("form", "kept"), [("1.10", 0), ("1.11", 1)])
def test_frames_of_older_recordings_count_where_they_can_hold_the_longest_task(form: str, kept: int) -> None:
    made = record(Machine())
    begin = replace(made.begin, schema_version=form)
    trials = (trial("main", 0, **FROZEN), trial("main", 1, frames_ms=(4053.5,), long_tasks_ms=(4049.0,)))
    first, second = felt_trials(Case(replace(made, begin=begin, entries=(*made.entries, *trials))))
    assert (len(first.frames_ms), len(second.frames_ms)) == (kept, 1)


def test_without_frames_nothing_is_told_of_them() -> None:
    found = rows(felt(*three_rounds(frames_ms=(), long_tasks_ms=(4049.0,))))
    for name in ("frame-p50", "frame-p95", "frame-worst", "frame-rate", "frames-left-out", "long-tasks"):
        assert found[name].main is None, name
        assert found[name].idle is not None, name


def test_components_events_steps_and_videos() -> None:
    busy = {
        "components_ms": {"table": (50.0, 75.0, 60.0), "form": (30.0,)},
        "events_ms": (100.0, 300.0, 200.0),
        "steps_ms": {"add": (80.0,), "remove": (40.0,)},
        "long_tasks_ms": (60.0, 90.0),
        "video_frames": 20,
    }
    found = rows(felt(*three_rounds(**busy)))
    times = {name: row.main_times.point for name, row in found.items() if row.main_times is not None}
    assert times["component-table"] == pytest.approx(60 / 25)
    assert times["component-form"] == pytest.approx(3.0)
    assert times["components"] == pytest.approx(45 / 17.5)
    assert times["event-p50"] == pytest.approx(200 / 12)
    assert times["event-worst"] == pytest.approx(10.0)
    assert times["steps"] == pytest.approx(0.5)
    assert times["video-rate"] == pytest.approx(1 / 3)
    assert found["long-tasks"].main is not None
    assert found["long-tasks"].main.point == pytest.approx(150 / (60 * 0.0167))
    assert {found[name].aspect for name in ("components", "event-p50", "steps")} == {"responsiveness"}


def test_clicks_have_a_sentence_and_what_is_beyond_doubt_is_not_called_unclear() -> None:
    late = {"main": 8.0, "worker": 1.7, "idle": 1.0}
    trials = [
        replace(one, events_ms=tuple(late[one.condition] * (10.0 + one.round / 10 + ms) for ms in (0, 1, 2)))
        for one in three_rounds()
    ]
    (told,) = (one for one in qoe_sentences(felt(*trials)) if one.startswith("A click"))
    assert "8.0" in told
    assert "1.7" in told
    assert "unclear" not in told
    moved = {"main": 1.0, "worker": 1.0, "idle": 0.0}
    unmoved = [replace(one, events_ms=(10.0 + (one.round - 1) * moved[one.condition],)) for one in trials]
    (told,) = (one for one in qoe_sentences(felt(*unmoved)) if one.startswith("A click"))
    assert told.count("(unclear)") == 2


def test_an_interval_without_width_is_said_to_be_a_step_of_the_display() -> None:
    found = list(qoe_sentences(felt(*three_rounds(frames_ms=(16.7, 33.4)))))
    assert [one for one in found if "the same step" in one]
    differing = [
        replace(one, frames_ms=tuple((16.7 + one.round * (1 + (one.condition == "main"))) for _ in range(9)))
        if one.condition != "idle"
        else one
        for one in three_rounds()
    ]
    assert not [one for one in qoe_sentences(felt(*differing)) if "the same step" in one]


def test_a_condition_that_failed_is_missing_by_name() -> None:
    found = felt(trial("idle", 0), trial("worker", 0))
    assert "was not felt while it runs on the main thread" in found.why
    assert rows(found)["frame-p95"].main is None
    assert any("Not all is told" in sentence for sentence in qoe_sentences(found))


def test_the_largest_of_so_many() -> None:
    assert quantile((), 0.5) is None
    assert quantile((3.0, 1.0, 2.0), 0.5) == 2.0
    assert quantile(tuple(range(100)), 0.95) == 94
    assert quantile((1.0, 2.0), 1.0) == 2.0


def test_visits_that_other_programs_disturbed_are_counted_and_told() -> None:
    trials = three_rounds()
    found = felt(*(replace(one, load=BESIDE) if one.condition == "main" else one for one in trials))
    assert (found.visits, found.disturbed_visits, found.repeated_visits) == (9, 3, 0)
    assert any("at work during 3 of 9 visits" in sentence for sentence in qoe_sentences(found))
    assert not any("Other programs" in sentence for sentence in qoe_sentences(felt(*trials)))


def test_a_visit_that_was_struck_does_not_count_and_its_repeat_does() -> None:
    struck = trial("main", 0, frames_ms=(500.0,), load=BESIDE, struck=("outside load",))
    again = trial("main", 0, frames_ms=(33.4,) * 30, attempt=1)
    found = felt(struck, again, trial("idle", 0), trial("worker", 0))
    assert (found.visits, found.disturbed_visits, found.repeated_visits) == (3, 0, 1)
    p95 = rows(found)["frame-p95"].main
    assert p95 is not None
    assert p95.point == 33.4
    assert "1 more visit was disturbed, left out and made again." in list(qoe_sentences(found))


def at_work(condition: Condition) -> dict[str, Any]:
    """On the main thread for 90 % of the time, and 30 % beside the steps; in a worker for 75 % and 20 %."""
    runs, over_ms, step_runs, step_over_ms = {
        "idle": (0, 4000.0, 0, 3000.0),
        "main": (150, 5000.0, 40, 4000.0),
        "worker": (100, 4000.0, 20, 3000.0),
    }[condition]
    return {
        "runs_ms": (30.0,) * runs,
        "runs_over_ms": over_ms,
        "step_runs_ms": (30.0,) * step_runs,
        "step_runs_over_ms": step_over_ms,
    }


def test_the_duty_that_was_reached_stands_beside_the_one_that_was_asked_for() -> None:
    found = felt(*(replace(one, **at_work(one.condition)) for one in three_rounds()))
    assert (found.duty, found.step_duty) == (1.0, 0.5)
    for name, reached in ((DUTY, (0.0, 0.9, 0.75)), (STEP_DUTY, (0.0, 0.3, 0.2))):
        row = rows(found)[name]
        told = [one.point for one in (row.idle, row.main, row.worker) if one is not None]
        assert told == pytest.approx(reached)
        assert (row.main_times, row.worker_times) == (None, None), "there is no multiple of nothing"
    asked, ran, *_ = qoe_sentences(found)
    assert "runs run after run, and 50 % of the time beside an application's steps" in asked
    assert ran == (
        "That is what was asked of it; shares of the time in which it ran: 90 % [90, 90] on the main thread, "
        "75 % [75, 75] in a worker; beside the steps 30 % [30, 30] on the main thread, 20 % [20, 20] in a "
        "worker."
    )


def test_of_older_recordings_nobody_is_told_for_how_much_of_the_time_the_model_ran() -> None:
    found = felt(*three_rounds(runs_ms=(30.0,) * 100))
    assert not {DUTY, STEP_DUTY} & rows(found).keys()
    _, ran, *_ = qoe_sentences(found)
    assert ran.endswith("for how much of the time it ran, this recording does not say.")


def test_no_interval_says_that_a_model_may_have_run_for_longer_than_there_was() -> None:
    ran = {0: 4000.0, 1: 2600.0, 2: 3900.0}
    found = felt(
        *(replace(one, runs_ms=(ran[one.round],), runs_over_ms=4000.0) for one in three_rounds()),
    )
    worker = rows(found)[DUTY].worker
    assert worker is not None
    assert 0 < worker.low < worker.point == pytest.approx(3500 / 4000)
    assert worker.high == 1.0
