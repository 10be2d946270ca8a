"""Pages that were felt and streams that were answered, made up for one claim each, and their report."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.records.qoe import Answer, Condition, FeltTrial, StreamAnswered
from gapprof.records.recording import Entry
from gapprof.records.report import Report
from gapprof.records.sections.quality import Answers, FeltRow, LateRow, QoE
from gapprof.records.trial import Load
from tests.truth.recorder import record

SMOOTH = (16.7,) * 60

BESIDE = Load(wall_ms=1000.0, machine_busy_ms=1500.0, own_cpu_ms=1000.0)
"""Half of a core was somebody else's."""

SCENES, STILL = 4, 30
"""Scenes of a stream made by hand, and the frames for which each stands still, in ten laps."""


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


def three_rounds(**main: Any) -> list[FeltTrial]:
    return [
        trial(condition, number, **(main if condition == "main" else {}))
        for number in range(3)
        for condition in ("idle", "main", "worker")
    ]


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


def scenes(native: tuple[int, ...], web: tuple[int, ...] | None = None, **changes: Any) -> StreamAnswered:
    """One answer to each scene; by class as `answered`, and nearest to the scene of that number."""
    told = answered(*zip(native, web or native, strict=True))
    answers = tuple(
        replace(one, scene=number, native_nearest=number, web_nearest=number)
        for number, one in enumerate(told.answers)
    )
    order = tuple(number for _ in range(10) for number in range(len(native)) for _ in range(STILL))
    return replace(told, **{"answers": answers, "order": order, **changes})


def report(*entries: Entry) -> Report:
    recording = record(Machine(latency_ms=ladder_ms({"web-worker": 8.0})))
    return build(replace(recording, entries=(*recording.entries, *entries)))


def felt(*entries: Entry) -> QoE:
    found = report(*entries).qoe
    assert found is not None
    return found


def rows(found: QoE) -> Mapping[str, FeltRow]:
    return {row.id: row for row in found.rows}


def by_rate(found: Answers) -> dict[float, LateRow]:
    return {row.answers_per_s: row for row in found.late if row.who == "rate"}


def answers_of(*entries: Entry) -> Answers:
    found = felt(*entries).answers
    assert found is not None
    return found
