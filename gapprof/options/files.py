"""Files of a run that nothing may be written over."""

from pathlib import Path

from gapprof.errors import WrongUse
from gapprof.files import make_folder, refuse_unwritable
from gapprof.places import state_dir
from gapprof.records.settings import Settings


def precious(model: str | None, settings: Settings) -> dict[str, Path]:
    """What the user gave, by its role."""
    given = {"model": model, "inputs": settings.inputs, "page": settings.page}
    tabs = {f"tab {number}": Path(tab) for number, tab in enumerate(settings.tabs, start=1)}
    return {role: Path(path) for role, path in given.items() if path is not None} | tabs


def refuse_over(recording: Path, files: dict[str, Path]) -> None:
    """Whether the recording can be written there; the state folder is made first, since nobody named it."""
    for role, other in files.items():
        if other.resolve() == recording.resolve():
            raise WrongUse(
                f"--recording would write over the {role}, {recording}", hint="Give it another file."
            )
    if recording.is_relative_to(state_dir()):
        make_folder(recording.parent)
    refuse_unwritable(recording, option="--recording")
    if recording.exists() and not recording.is_file():
        raise WrongUse(
            f"--recording {recording} is a device or a pipe",
            hint="A recording is read again: give it a file.",
        )
