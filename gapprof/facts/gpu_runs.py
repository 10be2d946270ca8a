"""What a run on the GPU is made of, ms by round: each part measured by changing or repeating it alone. Pure.

Parts of one replay are shares of it, by whole runs that were made in turn with changed ones, or what they
take where nothing else is done. They need not add up to it: what is left is what no replay tells apart, the
GPU's own work and, in a browser, messages to its process.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean, median
from typing import Literal, TypeVar

from gapprof.facts.case import Case
from gapprof.facts.cells import figure_ms
from gapprof.facts.contention import trials_of
from gapprof.facts.gpu_calls import steady_run
from gapprof.records.gpu_runs import RunCourse, RunParts
from gapprof.records.trial import Trial

T = TypeVar("T")
GpuPart = Literal["upload", "submission", "inner-reads", "pipelines", "read-back"]
GPU_PARTS: tuple[GpuPart, ...] = ("upload", "submission", "inner-reads", "pipelines", "read-back")
"""In the order in which they stand between two replays; what is left comes last."""
READ_OFF_DIFFERENCES: frozenset[GpuPart] = frozenset({"upload", "submission", "inner-reads", "pipelines"})
"""Of two times, so that chance alone may put them below 0; the others are times."""
STANDS_OUT = 3.0
"""Times every other stretch."""
UNSAFE, REPLAY_NATIVE, REPLAY_WEB, SESSION = (
    "replay-native-unsafe",
    "replay-native",
    "replay-web",
    "web-session",
)


def parts_ms(case: Case, rung: str) -> Mapping[int, Mapping[GpuPart, float]]:
    """Round → parts of a replay's run; rounds in which they were not measured are left out."""
    return {
        number: {part: fmean(one[part] for one in found) for part in found[0]}
        for number, found in _by_round(trials_of(case, rung), _parts).items()
    }


def waits_ms(case: Case, rung: str) -> Mapping[int, tuple[float, float]]:
    """Round → what a replay's run waits for what it reads at its end, and what the way back takes alone."""
    return {
        number: (fmean(wait for wait, _ in found), fmean(alone for _, alone in found))
        for number, found in _by_round(trials_of(case, rung), _waits).items()
    }


def course_ms(case: Case, rung: str, of: Callable[[RunCourse], float]) -> Mapping[int, float]:
    """Round → a figure of a rung's runs, medians over runs.

    A page may use the GPU for itself in the same realm: runs with other submits than recorded are left out.
    """
    run = case.get(steady_run)
    expected = run.submits if run is not None else None

    def middle(trial: Trial) -> float | None:
        found = [of(one) for one in trial.courses if one.submits == expected]
        return median(found) if found else None

    return {number: fmean(found) for number, found in _by_round(trials_of(case, rung), middle).items()}


def stalled(case: Case, rung: str) -> bool:
    """Whether one stretch between two submits stands out from the others, and from those of a replay.

    What the library does for every submit is no stall, however long it takes.
    """
    largest = course_ms(case, rung, lambda one: one.largest_ms)
    others = course_ms(case, rung, _other_gap_ms)
    alone = course_ms(case, REPLAY_WEB, lambda one: one.largest_ms)
    rounds = largest.keys() & alone.keys()
    return bool(rounds) and all(largest[n] > STANDS_OUT * max(others[n], alone[n]) for n in rounds)


def _other_gap_ms(one: RunCourse) -> float:
    return (one.between_ms - one.largest_ms) / (one.submits - 2) if one.submits > 2 else 0.0


def held_up_ms(case: Case, rung: str) -> Mapping[int, float]:
    """Round → for how long pipelines of a replayed run hold up the thread that makes its calls."""

    def middle(trial: Trial) -> float | None:
        return median(trial.parts.pipelines_ms) if trial.parts and trial.parts.pipelines_ms else None

    return {number: fmean(found) for number, found in _by_round(trials_of(case, rung), middle).items()}


def compiling_ms(case: Case, rung: str) -> Mapping[int, float]:
    """Round → what a replay waits for pipelines before its timed runs."""

    def before(trial: Trial) -> float | None:
        return trial.parts.setup_pipelines_ms if trial.parts is not None else None

    return {number: fmean(found) for number, found in _by_round(trials_of(case, rung), before).items()}


def _by_round(trials: Iterable[Trial], of: Callable[[Trial], T | None]) -> Mapping[int, list[T]]:
    found: dict[int, list[T]] = {}
    for trial in trials:
        value = of(trial)
        if value is not None:
            found.setdefault(trial.round, []).append(value)
    return dict(sorted(found.items()))


def _parts(trial: Trial) -> Mapping[GpuPart, float] | None:
    parts, whole_ms = _proven(trial), figure_ms(trial)
    if parts is None or whole_ms is None:
        return None
    if any(parts.pipelines_ms) and not parts.compiled_ms:
        return None  # recorded before runs without compiling were made: it would be blamed on submission
    compiling = _shorter(parts.compiled_ms, parts.whole_ms)
    return {
        "upload": median(parts.uploading_ms) - median(parts.answering_ms),
        "submission": whole_ms * (_shorter(parts.prepared_ms, parts.whole_ms) - compiling),
        "inner-reads": whole_ms * _shorter(parts.unbroken_ms, parts.whole_ms),
        "pipelines": whole_ms * compiling,
        "read-back": median(parts.reading_ms),
    }


def _shorter(changed_ms: Sequence[float], whole_ms: Sequence[float]) -> float:
    """By what share of a run; each changed one beside the whole one of the same pass. 0 without any."""
    if not changed_ms:
        return 0.0
    return 1 - median(changed / whole for changed, whole in zip(changed_ms, whole_ms, strict=True))


def _waits(trial: Trial) -> tuple[float, float] | None:
    parts = _proven(trial)
    if parts is None or not parts.end_waits_ms:
        return None
    return median(parts.end_waits_ms), median(parts.reading_ms)


def _proven(trial: Trial) -> RunParts | None:
    """None where parts are missing, or where a run in another order read other bytes."""
    parts = trial.parts
    if parts is None or not parts.compared_bytes or parts.differing_bytes:
        return None
    needed = (parts.whole_ms, parts.prepared_ms, parts.reading_ms, parts.uploading_ms, parts.answering_ms)
    return parts if all(needed) else None
