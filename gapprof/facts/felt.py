"""What somebody in front of the page feels, as figures of each round, beside a page at rest. Pure.

Definitions follow Wang et al. (2025), section 5: responsiveness is how long components and answers to input
take, and how an application's steps do beside inference of a stated duty; smoothness is frames a second, of
the page and of a video.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from msgspec.structs import replace

from gapprof.facts.case import Case
from gapprof.records.qoe import CONDITIONS, Condition, FeltTrial
from gapprof.records.recording import recorded_before
from gapprof.stats.contrast import Contrast

FRAME_MS = 1000 / 60
"""Of a display with 60 frames a second, as headless Chromium keeps it."""
LATE = 1.5
"""Times a frame's own time: one and more were left out."""
WHOLE_FRAMES = "1.11"
"""Recordings before it have the last interval end when its frame was due, however late the page answered."""
CLICKS, STEPS, COMPONENT = "event-p50", "steps", "component-"
"""Ids of measures; a kind of component has its name behind the last."""
DUTY, STEP_DUTY = "duty", "step-duty"
"""The same, of what the model reached of the duties that were asked of it."""
Aspect = Literal["responsiveness", "smoothness"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure of a trial; None where that trial has nothing to make it of."""

    id: str
    title: str
    unit: str
    aspect: Aspect
    of: Callable[[FeltTrial], float | None]
    more_is_better: bool = False
    within: tuple[float, float] = (-math.inf, math.inf)
    """What it can be at all: its interval as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Felt:
    """One measure, by condition and round."""

    measure: Measure
    values: Mapping[Condition, Mapping[int, float]]

    def times(self, condition: Condition) -> Contrast | None:
        """ln of how many times as much as at rest, over the rounds that have both; None without any."""
        rest, here = self.values.get("idle", {}), self.values.get(condition, {})
        shared = sorted(n for n in rest.keys() & here.keys() if rest[n] > 0 and here[n] > 0)
        return Contrast({n: math.log(here[n] / rest[n]) for n in shared}) if shared else None


def felt(case: Case) -> tuple[Felt, ...]:
    """Every measure that was made at all."""
    trials = case.get(felt_trials)
    measures = (*_RESPONSIVENESS, *_components(trials), *_SMOOTHNESS)
    found = [Felt(measure=measure, values=_by_condition(trials, measure)) for measure in measures]
    return tuple(one for one in found if any(one.values.values()))


def felt_trials(case: Case) -> tuple[FeltTrial, ...]:
    """Of each condition and round the first attempt that counts."""
    found: dict[tuple[Condition, int], FeltTrial] = {}
    for trial in sorted(case.recording.of(FeltTrial), key=lambda trial: trial.attempt):
        if not trial.struck:
            found.setdefault((trial.condition, trial.round), trial)
    if recorded_before(case.recording.begin.schema_version, WHOLE_FRAMES):
        return tuple(map(_without_cut_frames, found.values()))
    return tuple(found.values())


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that so many are not above; None of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def _by_condition(trials: Sequence[FeltTrial], measure: Measure) -> dict[Condition, dict[int, float]]:
    found: dict[Condition, dict[int, float]] = {condition: {} for condition in CONDITIONS}
    for trial in trials:
        value = measure.of(trial)
        if value is not None:
            found[trial.condition][trial.round] = value
    return found


def _without_cut_frames(trial: FeltTrial) -> FeltTrial:
    """No frames where a task was longer than all of them together."""
    cut = sum(trial.frames_ms) < max(trial.long_tasks_ms, default=0.0)
    return replace(trial, frames_ms=()) if cut else trial


def _left_out(trial: FeltTrial) -> float | None:
    """Share of the frames that a display would have shown and the page did not make."""
    if not trial.frames_ms:
        return None
    due = sum(trial.frames_ms) / FRAME_MS
    missed = sum(round(ms / FRAME_MS) - 1 for ms in trial.frames_ms if ms > LATE * FRAME_MS)
    return missed / due


def _frame_rate(trial: FeltTrial) -> float | None:
    return 1000 * len(trial.frames_ms) / sum(trial.frames_ms) if trial.frames_ms else None


def _video_rate(trial: FeltTrial) -> float | None:
    return 1000 * trial.video_frames / trial.video_ms if trial.video_ms > 0 else None


def _long_tasks(trial: FeltTrial) -> float | None:
    watched_ms = sum(trial.frames_ms)
    return 1000 * sum(trial.long_tasks_ms) / watched_ms if watched_ms > 0 else None


def _reached(runs_ms: Sequence[float], over_ms: float | None) -> float | None:
    """Share of that time in which the model ran; recordings before 1.18 do not know."""
    return sum(runs_ms) / over_ms if over_ms else None


def _score(trial: FeltTrial) -> float | None:
    """How often a minute an application's steps could be worked through."""
    steps = [median(values) for values in trial.steps_ms.values() if values]
    return 60_000 / sum(steps) if steps else None


def _all_components(trial: FeltTrial) -> float | None:
    medians = [median(values) for values in trial.components_ms.values() if values]
    return sum(medians) / len(medians) if medians else None


def _components(trials: Sequence[FeltTrial]) -> list[Measure]:
    names = dict.fromkeys(name for trial in trials for name in trial.components_ms)
    return [
        Measure(
            id=f"{COMPONENT}{name}",
            title=f"… {name}",
            unit="ms",
            aspect="responsiveness",
            of=_component(name),
        )
        for name in names
    ]


def _component(name: str) -> Callable[[FeltTrial], float | None]:
    def of(trial: FeltTrial) -> float | None:
        values = trial.components_ms.get(name, ())
        return median(values) if values else None

    return of


_RESPONSIVENESS = (
    Measure(
        id=CLICKS,
        title="From a click to the frame that answers it, median",
        unit="ms",
        aspect="responsiveness",
        of=lambda trial: quantile(trial.events_ms, 0.5),
    ),
    Measure(
        id="event-worst",
        title="… the slowest",
        unit="ms",
        aspect="responsiveness",
        of=lambda trial: quantile(trial.events_ms, 1.0),
    ),
    Measure(
        id=STEPS,
        title="An application's steps, times a minute",
        unit="per min",
        aspect="responsiveness",
        of=_score,
        more_is_better=True,
    ),
    Measure(
        id=STEP_DUTY,
        title="… beside which the model ran",
        unit="share",
        aspect="responsiveness",
        of=lambda trial: _reached(trial.step_runs_ms, trial.step_runs_over_ms),
        within=(0.0, 1.0),
    ),
    Measure(
        id="components",
        title="A component, from due to painted",
        unit="ms",
        aspect="responsiveness",
        of=_all_components,
    ),
)
_SMOOTHNESS = (
    Measure(
        id="frame-rate",
        title="Frames of the page",
        unit="per s",
        aspect="smoothness",
        of=_frame_rate,
        more_is_better=True,
    ),
    Measure(
        id="frame-p50",
        title="Between frames, median",
        unit="ms",
        aspect="smoothness",
        of=lambda trial: quantile(trial.frames_ms, 0.5),
    ),
    Measure(
        id="frame-p95",
        title="… 95th percentile",
        unit="ms",
        aspect="smoothness",
        of=lambda trial: quantile(trial.frames_ms, 0.95),
    ),
    Measure(
        id="frame-worst",
        title="… the longest",
        unit="ms",
        aspect="smoothness",
        of=lambda trial: quantile(trial.frames_ms, 1.0),
    ),
    Measure(
        id="frames-left-out",
        title="Frames left out",
        unit="share",
        aspect="smoothness",
        of=_left_out,
    ),
    Measure(
        id="long-tasks",
        title="In tasks of 50 ms and more",
        unit="ms per s",
        aspect="smoothness",
        of=_long_tasks,
    ),
    Measure(
        id="video-rate",
        title="Frames of a video of 30 a second",
        unit="per s",
        aspect="smoothness",
        of=_video_rate,
        more_is_better=True,
    ),
    Measure(
        id=DUTY,
        title="The model ran meanwhile",
        unit="share",
        aspect="smoothness",
        of=lambda trial: _reached(trial.runs_ms, trial.runs_over_ms),
        within=(0.0, 1.0),
    ),
)
MEASURES: Mapping[str, Measure] = {one.id: one for one in (*_RESPONSIVENESS, *_SMOOTHNESS)}
"""By id; without those of single components."""
