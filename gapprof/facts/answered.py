"""What the model's answers are worth in the page: beside native ones, and when they come late. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from msgspec.structs import replace

from gapprof.facts.case import Case
from gapprof.facts.contention import trials_of
from gapprof.facts.staleness import accuracy, every, shown_answers
from gapprof.records.model import TensorSpec
from gapprof.records.qoe import Answer, StreamAnswered

RATES = (30.0, 15.0, 10.0, 5.0, 2.0, 1.0)
"""Answers a second, as Wang et al. (2025) cut them."""
TOP = 5
LEAST_CLASSES = 3
_CALLED = ("logit", "prob")


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A stream answered at some pace."""

    who: str
    latency_ms: float | None
    """None: a stated rate, each answer at once."""
    answers_per_s: float
    accuracy: float | None


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

    Right is what native answers to the very frame. Frames before the first answer do not count. At the pace
    of trials it is the mean over them, each beginning with its first run.
    """
    if not all(one.native_top and one.web_top for one in told.answers):
        return ()
    web = [one.web_top[0] for one in told.answers]
    truth = [one.native_top[0] for one in told.answers]
    frames, rate = len(told.answers), told.frames_per_s
    found = [
        Late(
            who="",
            latency_ms=None,
            answers_per_s=one,
            accuracy=accuracy(every(one, frames=frames, frames_per_s=rate), web, truth),
        )
        for one in RATES
    ]
    for who, trials in _paces(case):
        shown = [shown_answers(one, frames=frames, frames_per_s=rate) for one in trials]
        right = [share for one in shown if (share := accuracy(one, web, truth)) is not None]
        mean_ms = fmean(ms for one in trials for ms in one)
        found.append(
            Late(
                who=who,
                latency_ms=mean_ms,
                answers_per_s=min(rate, 1000 / mean_ms),
                accuracy=fmean(right) if right else None,
            )
        )
    return tuple(found)


def _paces(case: Case) -> list[tuple[str, list[tuple[float, ...]]]]:
    """Of trials that count: natively, and from request to result on the page as deployed."""
    native = [trial.samples_ms for trial in trials_of(case, "native") if min(trial.samples_ms, default=0) > 0]
    web = [trial.requests_ms for trial in trials_of(case, "web") if min(trial.requests_ms, default=0) > 0]
    return [(who, trials) for who, trials in (("native", native), ("web", web)) if trials]
