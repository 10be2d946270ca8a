"""What the model's answers are worth in the page: beside native ones, and when they come late. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from msgspec.structs import replace

from gapprof.facts.case import Case
from gapprof.facts.contention import trials_of
from gapprof.facts.staleness import accuracy_by, every, shown_answers
from gapprof.records.model import TensorSpec
from gapprof.records.qoe import Answer, StreamAnswered
from gapprof.stats.interval import Interval
from gapprof.stats.shares import over_groups

RATES = (30.0, 15.0, 10.0, 5.0, 2.0, 1.0)
"""Answers a second, as Wang et al. (2025) cut them."""
TOP = 5
LEAST_CLASSES = 3
_CALLED = ("logit", "prob")
Shown = Sequence[int | None]
"""Frame → the frame whose answer it is seen with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A stream answered at some pace."""

    who: str
    latency_ms: float | None
    """None: a stated rate, each answer at once."""
    answers_per_s: float
    accuracy: Interval | None
    """By first class; None where no output has classes, or no answer is there in time."""
    nearest: Interval | None
    """By which scene's answer it is nearest to, likewise."""


def stream(case: Case) -> StreamAnswered | None:
    """The last one; without classes where the model has none."""
    told = next(reversed(list(case.recording.of(StreamAnswered))), None)
    if told is None or _has_classes(told.output, case.recording.begin.model.outputs):
        return told
    bare = tuple(replace(one, native_top=(), web_top=()) for one in told.answers)
    return replace(told, output="", answers=bare)


def says_classes(name: str, shape: Sequence[int], *, first: bool) -> bool:
    """Whether an output's largest value is a class: of a model's first one, a single row; or it is called so.

    The largest value of a hidden state or of a picture is none.
    """
    if not shape or shape[-1] < LEAST_CLASSES:
        return False
    called = any(word in name.lower() for word in _CALLED)
    return called or (first and math.prod(shape) == shape[-1])


def _has_classes(name: str, outputs: Sequence[TensorSpec]) -> bool:
    """Outputs are unknown where native onnxruntime refused the model."""
    of_that_name = [(number == 0, spec) for number, spec in enumerate(outputs) if spec.name == name]
    return all(says_classes(name, spec.shape, first=first) for first, spec in of_that_name)


def agreement(answers: Sequence[Answer], top: int) -> float | None:
    """Share of the frames for which native's first class is among the page's first `top`."""
    with_classes = [one for one in answers if one.native_top and one.web_top]
    if not with_classes:
        return None
    return fmean(one.native_top[0] in one.web_top[:top] for one in with_classes)


def late(case: Case, told: StreamAnswered) -> tuple[Late, ...]:
    """What is right on the screen, at stated rates and at the paces that were measured.

    Right is what native answers to the very frame, or where the user gave labels, the label of its scene.
    Frames before the first answer do not count. At the pace of trials it is the mean over them, each
    beginning with its first run. Intervals are over scenes: frames of one scene tell the same thing again.
    """
    judges = [judge for judge in (_by_class(told), _by_nearest(told)) if judge is not None]
    if not judges:
        return ()
    order = told.order or range(len(told.answers))
    scenes = [told.answers[number].scene for number in order]

    def judged(who: str, latency_ms: float | None, rate: float, shown: Sequence[Shown]) -> Late:
        found = {one.kind: _over_scenes(one, order, scenes, shown) for one in judges}
        return Late(
            who=who,
            latency_ms=latency_ms,
            answers_per_s=rate,
            accuracy=found.get("class"),
            nearest=found.get("nearest"),
        )

    frames, per_s = len(order), told.frames_per_s
    rows = [judged("", None, rate, [every(rate, frames=frames, frames_per_s=per_s)]) for rate in RATES]
    for who, trials in _paces(case):
        shown = [shown_answers(one, frames=frames, frames_per_s=per_s) for one in trials]
        mean_ms = fmean(ms for one in trials for ms in one)
        rows.append(judged(who, mean_ms, min(per_s, 1000 / mean_ms), shown))
    return tuple(rows)


def right_by_label(told: StreamAnswered) -> tuple[int, int, int] | None:
    """Scenes with a label, and how many of them native's and the page's first class are right for.

    None where nobody gave labels, or no output has classes.
    """
    if not told.labels or not all(one.native_top and one.web_top for one in told.answers):
        return None
    pairs = list(zip(told.answers, told.labels, strict=True))
    native = sum(one.native_top[0] == label for one, label in pairs)
    return len(pairs), native, sum(one.web_top[0] == label for one, label in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """By what an answer is right: the page's answer to each frame, and what is true of it."""

    kind: Literal["class", "nearest"]
    answers: tuple[int, ...]
    truth: tuple[int, ...]


def _by_class(told: StreamAnswered) -> _Judge | None:
    if not all(one.native_top and one.web_top for one in told.answers):
        return None
    native = tuple(one.native_top[0] for one in told.answers)
    truth = tuple(told.labels[one.scene] for one in told.answers) if told.labels else native
    return _Judge(kind="class", answers=tuple(one.web_top[0] for one in told.answers), truth=truth)


def _by_nearest(told: StreamAnswered) -> _Judge | None:
    native = tuple(one.native_nearest for one in told.answers if one.native_nearest is not None)
    web = tuple(one.web_nearest for one in told.answers if one.web_nearest is not None)
    if not len(native) == len(web) == len(told.answers):
        return None
    return _Judge(kind="nearest", answers=web, truth=native)


def _over_scenes(
    judge: _Judge, order: Sequence[int], scenes: Sequence[int], shown: Sequence[Shown]
) -> Interval | None:
    """Mean over trials of each scene's share; None where no frame was seen with any answer."""
    answers, truth = [judge.answers[one] for one in order], [judge.truth[one] for one in order]
    shares: dict[int, list[float]] = {}
    for one in shown:
        for scene, share in accuracy_by(scenes, one, answers, truth).items():
            shares.setdefault(scene, []).append(share)
    return over_groups([fmean(found) for found in shares.values()]) if shares else None


def _paces(case: Case) -> list[tuple[str, list[tuple[float, ...]]]]:
    """Of trials that count: natively, and from request to result on the page as deployed."""
    native = [trial.samples_ms for trial in trials_of(case, "native") if min(trial.samples_ms, default=0) > 0]
    web = [trial.requests_ms for trial in trials_of(case, "web") if min(trial.requests_ms, default=0) > 0]
    return [(who, trials) for who, trials in (("native", native), ("web", web)) if trials]
