"""What a page was felt to do, on trials made up for one claim each; and how it reads."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.digest.qoe import answer_sentences, felt_rows, qoe_sentences
from gapprof.explain.report import build
from gapprof.facts.answered import says_classes
from gapprof.facts.felt import quantile
from gapprof.records.qoe import Answer, Condition, FeltTrial, StreamAnswered
from gapprof.records.recording import Entry
from gapprof.records.report import Report
from gapprof.records.sections.quality import FeltRow, QoE
from gapprof.records.surface import Surface
from gapprof.records.trial import Load
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.truth.recorder import record

SMOOTH = (16.7,) * 60


def trial(condition: Condition, number: int, **changes: Any) -> FeltTrial:
    made = FeltTrial(
        condition=condition,
        round=number,
        started_s=0.0,
        ended_s=1.0,
        duty=0.0 if condition == "idle" else 1.0,
        step_duty=0.0 if condition == "idle" else 0.5,
        frames_ms=SMOOTH,
        long_tasks_ms=(),
        video_frames=60,
        video_dropped=0,
        video_ms=2000.0,
        components_ms={"table": (20.0, 30.0, 25.0), "form": (10.0,)},
        steps_ms={"add": (40.0,), "remove": (20.0,)},
        events_ms=(10.0, 12.0, 30.0),
        runs_ms=(),
        threads=1,
        load=Load(wall_ms=1000.0, machine_busy_ms=None, own_cpu_ms=None),
    )
    return replace(made, **changes)


def report(*entries: Entry) -> Report:
    recording = record(Machine(latency_ms=ladder_ms({"web-worker": 8.0})))
    return build(replace(recording, entries=(*recording.entries, *entries)))


def felt(*entries: Entry) -> QoE:
    found = report(*entries).qoe
    assert found is not None
    return found


def rows(found: QoE) -> Mapping[str, FeltRow]:
    return {row.id: row for row in found.rows}


def three_rounds(**main: Any) -> list[FeltTrial]:
    return [
        trial(condition, number, **(main if condition == "main" else {}))
        for number in range(3)
        for condition in ("idle", "main", "worker")
    ]


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


def answered(*tops: tuple[int, int], **changes: Any) -> StreamAnswered:
    answers = tuple(
        Answer(
            max_abs_difference=1e-6,
            max_relative_difference=1e-7,
            cosine=0.999,
            native_top=(native, 9),
            web_top=(web, native),
        )
        for native, web in tops
    )
    told = StreamAnswered(
        frames_per_s=30.0, output="logits", answers=answers, native_runs_ms=(1.0,), web_runs_ms=(9.0,)
    )
    return replace(told, **changes)


def test_answers_agree_by_first_and_by_five_and_lose_by_coming_late() -> None:
    found = felt(answered((0, 0), (0, 0), (1, 1), (1, 2))).answers
    assert found is not None
    assert (found.top1, found.top5, found.cosine) == (0.75, 1.0, 0.999)
    rates = {row.answers_per_s: row.accuracy for row in found.late if row.who == "rate"}
    assert rates[30.0] == 0.75
    assert rates[10.0] == 0.5  # 0, 0, 0 for 0, 0, 1, and then 2 for 1
    web = next(row for row in found.late if row.who == "web")
    assert web.latency_ms == pytest.approx(80.0)
    native = next(row for row in found.late if row.who == "native")
    assert native.accuracy == 0.75
    assert any("30 a second" in sentence for sentence in answer_sentences(found))


def test_a_stream_with_one_class_says_nothing_of_late_answers() -> None:
    found = felt(answered((3, 3), (3, 3))).answers
    assert found is not None
    assert found.classes == 1
    (_, _, said) = answer_sentences(found)
    assert "nothing is known of what late answers would cost" in said


@pytest.mark.parametrize(
    ("name", "shape", "first", "says"),
    [
        ("output", (1, 1000), True, True),
        ("pooler_output", (1, 256), False, False),
        ("last_hidden_state", (1, 128, 256), True, False),
        ("logits", (1, 8, 5000), False, True),
        ("class_probabilities", (10,), False, True),
        ("boxes", (1, 100, 4), True, False),
        ("score", (1, 1), True, False),
        ("scalar", (), True, False),
    ],
)
def test_the_largest_value_of_a_hidden_state_is_no_class(
    name: str, shape: tuple[int, ...], first: bool, says: bool
) -> None:
    assert says_classes(name, shape, first=first) == says


def test_a_model_without_classes_has_no_accuracy_and_still_a_difference() -> None:
    told = answered((0, 0), (1, 1), output="")
    bare = tuple(replace(one, native_top=(), web_top=()) for one in told.answers)
    found = felt(replace(told, answers=bare)).answers
    assert found is not None
    assert (found.top1, found.late) == (None, ())
    assert len(list(answer_sentences(found))) == 1


def test_every_format_has_the_section() -> None:
    made = report(*three_rounds(frames_ms=(100.0,) * 20), answered((0, 0), (1, 1)))
    for text in (TERMINAL.render(made, Surface()), MARKDOWN.render(made, Surface())):
        assert "Responsiveness" in text
        assert "Smoothness" in text
        assert "5.99x" in text  # between frames, 100 ms for 16.7
        assert "Both sides name the same class of logits" in text
    assert made.qoe is not None
    assert felt_rows(made.qoe, "smoothness")
