"""Recordings as files: where one goes that nobody named, and reading one back."""

from datetime import datetime
from pathlib import Path

from gapprof import places
from gapprof.errors import WrongUse
from gapprof.records.codec import decode_recording
from gapprof.records.recording import Recording
from gapprof.text.names import file_stem


def default_path(model: str, *, now: datetime) -> Path:
    """In the user's state folder, by time and model; a name that is not taken."""
    stem = f"{now:%Y%m%d-%H%M%S}-{file_stem(Path(model).name.removesuffix('.onnx'))}"
    folder = places.state_dir() / "recordings"
    path = folder / f"{stem}.jsonl"
    number = 2
    while path.exists():
        path, number = folder / f"{stem}-{number}.jsonl", number + 1
    return path


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
