"""What a page was felt to do, on trials made up for one claim each; and how it reads."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.digest.qoe import answer_sentences, felt_rows, qoe_sentences
from gapprof.explain.report import build
from gapprof.facts.answered import says_classes
from gapprof.facts.felt import quantile
from gapprof.records.impossible import impossible
from gapprof.records.qoe import Answer, Condition, FeltTrial, StreamAnswered
from gapprof.records.recording import Entry
from gapprof.records.report import Report
from gapprof.records.sections.quality import Answers, FeltRow, LateRow, QoE
from gapprof.records.settings import Settings
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
    assert "top-1 is vacuous here" in said
    assert "says nothing of what late answers would cost" in said


SCENES, STILL = 4, 30
"""Scenes of a stream made by hand, and the frames for which each stands still, in ten laps."""


def scenes(native: tuple[int, ...], web: tuple[int, ...] | None = None, **changes: Any) -> StreamAnswered:
    """One answer to each scene; by class as `answered`, and nearest to the scene of that number."""
    told = answered(*zip(native, web or native, strict=True))
    answers = tuple(
        replace(one, scene=number, native_nearest=number, web_nearest=number)
        for number, one in enumerate(told.answers)
    )
    order = tuple(number for _ in range(10) for number in range(len(native)) for _ in range(STILL))
    return replace(told, **{"answers": answers, "order": order, **changes})


def by_rate(found: Answers) -> dict[float, LateRow]:
    return {row.answers_per_s: row for row in found.late if row.who == "rate"}


def answers_of(*entries: Entry) -> Answers:
    found = felt(*entries).answers
    assert found is not None
    return found


def test_a_stream_of_scenes_by_hand() -> None:
    """A scene stands still for 30 frames, which every stated rate divides: each begins with a new answer."""
    found = answers_of(scenes((0, 1, 2, 3)))
    assert (found.scenes, found.stream_frames, found.classes, found.nearest_scenes) == (4, 1200, 4, 4)
    rows = by_rate(found)
    for rate in (30.0, 15.0, 10.0, 5.0, 2.0, 1.0):
        assert rows[rate].accuracy == 1.0
        nearest = rows[rate].nearest
        assert nearest is not None
        assert (nearest.point, nearest.rounds) == (1.0, SCENES)


def test_an_answer_that_is_half_a_scene_late_is_wrong_for_half_of_it() -> None:
    """Natively 10 ms; in the page 80 ms, that is 2.4 frames: a scene is seen with an old answer at first."""
    found = answers_of(scenes((0, 1, 2, 3)))
    rows = {row.who: row for row in found.late}
    assert rows["native"].accuracy == 1.0
    shown = rows["web"].nearest
    assert shown is not None
    # The newest frame is taken when the model is free, which is 0 to 2.4 frames into the scene, and its
    # answer is there 2.4 frames later: 2 to 4 of 30 frames are wrong.
    assert 1 - 4 / 30 <= shown.point <= 1 - 2 / 30
    assert shown.low <= shown.point <= shown.high


def test_intervals_are_over_scenes_and_rates_are_in_order_within_them() -> None:
    random = np.random.default_rng(5)
    still = random.integers(10, 50, (12, 12))
    told = scenes(tuple(range(12)))
    order = tuple(n for lap in still for n, frames in enumerate(lap) for _ in range(frames))
    rows = by_rate(answers_of(replace(told, order=order)))
    found = [rows[rate].nearest for rate in sorted(rows, reverse=True)]
    points = [one.point for one in found if one is not None]
    assert len(points) == len(rows) == 6
    assert points == sorted(points, reverse=True)
    assert points[0] == 1.0 > points[-1]
    assert all(one is not None and one.rounds == 12 for one in found)
    assert found[-1] is not None
    assert 0.02 < found[-1].high - found[-1].low < 0.2


def test_where_no_output_has_classes_the_nearest_scene_says_what_is_right() -> None:
    told = scenes((0, 1, 2, 3), output="")
    bare = tuple(replace(one, native_top=(), web_top=()) for one in told.answers)
    wrong = replace(bare[3], web_nearest=0)
    found = answers_of(replace(told, answers=(*bare[:3], wrong)))
    assert (found.top1, found.nearest, found.nearest_scenes) == (None, 0.75, 4)
    at_once = by_rate(found)[30.0]
    assert at_once.nearest is not None
    assert (at_once.accuracy, at_once.nearest.point) == (None, 0.75)
    said = " ".join(answer_sentences(found))
    assert "Where no output has classes" in said
    assert "75 % of the page's are, told apart among 4 scenes" in said
    assert "Right (by the nearest scene) at so many answers a second" in said
    assert "by first class" not in said


def test_where_all_have_one_class_the_nearest_scene_is_the_figure_that_says_something() -> None:
    found = answers_of(scenes((7, 7, 7, 7)))
    said = " ".join(answer_sentences(found))
    assert (found.classes, found.nearest) == (1, 1.0)
    assert "top-1 is vacuous here" in said
    assert "Right (by the nearest scene) at so many answers a second" in said
    assert "(by first class)" not in said


def test_answers_that_tell_no_scenes_apart_are_no_figure_either() -> None:
    told = scenes((7, 7, 7, 7))
    alike = tuple(replace(one, native_nearest=0, web_nearest=0) for one in told.answers)
    said = " ".join(answer_sentences(answers_of(replace(told, answers=alike))))
    assert "says nothing either" in said
    assert "Right (" not in said


def test_labels_say_what_is_right() -> None:
    """Native is right for three of four, the page for two; of late answers those two are right at best."""
    told = scenes((0, 1, 2, 9), (0, 1, 9, 9), labels=(0, 1, 2, 3), given=True)
    found = answers_of(told)
    assert found.labelled is not None
    assert (found.labelled.inputs, found.labelled.native.point, found.labelled.web.point) == (4, 0.75, 0.5)
    assert found.labelled.web.low == pytest.approx(0.15, abs=0.005)  # Wilson, 2 of 4
    assert by_rate(found)[30.0].accuracy == 0.5
    said = " ".join(answer_sentences(found))
    assert "Over 4 inputs that were given" in said
    assert "native's first class is right for 75 % [30, 95] and the page's for 50 % [15, 85]" in said


def test_labels_without_classes_are_no_accuracy() -> None:
    told = scenes((0, 1), labels=(0, 1), output="")
    bare = tuple(replace(one, native_top=(), web_top=()) for one in told.answers)
    assert answers_of(replace(told, answers=bare)).labelled is None


def test_which_graph_ran_where_is_said() -> None:
    told = scenes((0, 1), native_graph="own", web_graph="own", web_where="worker")
    said = next(iter(answer_sentences(answers_of(told))))
    assert "the page's outputs (your file, the runtime's own options, in a worker)" in said
    assert "native's (your file, the runtime's own options)" in said
    found = felt(*(replace(one, graph="own") for one in three_rounds()))
    assert "The model (your file, the runtime's own options) runs" in next(iter(qoe_sentences(found)))


BESIDE = Load(wall_ms=1000.0, machine_busy_ms=1500.0, own_cpu_ms=1000.0)
"""Half of a core was somebody else's."""


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


@pytest.mark.parametrize(
    "entry",
    [
        scenes((0, 1), order=(0, 2)),
        scenes((0, 1), labels=(1,)),
        scenes((0, 1), frames_per_s=0.0),
        scenes((0, 1), web_runs_ms=(-1.0,)),
        replace(scenes((0, 1)), answers=(replace(scenes((0,)).answers[0], web_nearest=5),)),
        replace(scenes((0, 1)), answers=(replace(scenes((0,)).answers[0], scene=1),), order=(0,)),
        replace(scenes((0,)), answers=(replace(scenes((0,)).answers[0], cosine=1.5),)),
        trial("main", 0, frames_ms=(-1.0,)),
        trial("main", 0, duty=1.5),
        trial("main", 0, video_ms=-1.0),
        trial("main", 0, components_ms={"table": (float("inf"),)}),
    ],
)
def test_what_nobody_can_have_felt_or_been_answered_is_refused(entry: Entry) -> None:
    assert impossible(entry) != ""


def test_what_can_be_is_not() -> None:
    assert impossible(scenes((0, 1))) == impossible(answered((0, 1))) == impossible(trial("main", 0)) == ""


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


def test_every_format_has_the_other_direction_too() -> None:
    machine = Machine(latency_ms=ladder_ms({"web-busy": 1.4, "web-busier": 2.2}), noise=0.0)
    settings = Settings(threads=1, qoe=True)
    recording = record(
        machine, settings, page_threads=1, side_rounds=4, side=("web-busy", "web-busier"), passes=False
    )
    made = build(replace(recording, entries=(*recording.entries, *three_rounds())))
    for text in (TERMINAL.render(made, Surface()), MARKDOWN.render(made, Surface())):
        assert "Page → inference" in text
        quiet, busy, busier = (
            next(line for line in text.splitlines() if title in line)
            for title in ("A quiet page", "The built-in busy page", "The same, at twice its load")
        )
        assert "ms [" in quiet
        assert "1.40x [" in busy
        assert "2.20x [" in busier
    assert "Page → inference" not in MARKDOWN.render(report(*three_rounds()), Surface()), (
        "nobody asked for it"
    )


def test_every_format_has_the_section() -> None:
    made = report(*three_rounds(frames_ms=(100.0,) * 20), answered((0, 0), (1, 1)))
    for text in (TERMINAL.render(made, Surface()), MARKDOWN.render(made, Surface())):
        assert "Responsiveness" in text
        assert "Smoothness" in text
        assert "5.99x" in text  # between frames, 100 ms for 16.7
        assert "Both sides name the same class of logits" in text
    assert made.qoe is not None
    assert felt_rows(made.qoe, "smoothness")
