"""Recordings as files: where one goes that nobody named, and reading one back."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from gapprof import places, rungs
from gapprof.errors import WrongUse
from gapprof.records.codec import decode_recording
from gapprof.records.recording import PlannedRung, Recording
from gapprof.records.trial import Trial
from gapprof.text.names import file_stem, harmless


def default_path(model: str, *, now: datetime) -> Path:
    """In the user's state folder, by time and model; a name that is not taken."""
    stem = f"{now:%Y%m%d-%H%M%S}-{file_stem(Path(model).name.removesuffix('.onnx'))}"
    folder = places.state_dir() / "recordings"
    path = folder / f"{stem}.jsonl"
    number = 2
    while path.exists():
        path, number = folder / f"{stem}-{number}.jsonl", number + 1
    return path


def read_run(path: Path) -> Recording:
    """A recording that `explain` wrote. Raises WrongUse for anything else, a ladder in pieces included."""
    recording = read_recording(path)
    if wrong := _wrong_with_the_ladder(recording):
        raise WrongUse(
            f"{path}: {wrong}",
            hint="The file was damaged or edited; measure again with `gapprof explain`.",
        )
    return recording


def _wrong_with_the_ladder(recording: Recording) -> str:
    """Empty: nothing; a run that ended in its preflight has none yet."""
    if recording.preflight is None:
        measured = any(trial.round >= 0 for trial in recording.of(Trial))
        return "it holds rounds, and no ladder that they are of" if measured else ""
    steps = {step.rung.id: step for step in recording.preflight.ladder}
    backend = recording.begin.settings.backend
    if backend not in rungs.backends():
        return f"it is of the backend {harmless(backend, 40)}, to which there is no ladder"
    for rung in rungs.ladder(backend).values():
        if rung.role != "side" and rung.id not in steps:
            return f"its ladder has no {rung.id}"
    lost = next((step for step in steps.values() if not _ends(step, steps)), None)
    return f"its ladder leads nowhere at {harmless(lost.rung.id, 40)}" if lost else ""


def _ends(step: PlannedRung, steps: Mapping[str, PlannedRung]) -> bool:
    """Whether a chain of aliases comes to a rung with trials of its own."""
    passed: set[str] = set()
    while step.alias_of is not None:
        if step.alias_of in passed or step.alias_of not in steps:
            return False
        passed.add(step.alias_of)
        step = steps[step.alias_of]
    return True


def read_recording(path: Path) -> Recording:
    """Raises WrongUse for a file that is missing or no recording."""
    try:
        with path.open("rb") as lines:
            return decode_recording(lines, source=str(path))
    except OSError as error:
        raise WrongUse(
            f"{path} cannot be read: {error.strerror}",
            hint="Give the .jsonl file that `gapprof explain --recording FILE` wrote.",
        ) from error
