"""What a run of `gapprof kernels` is asked for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be measured, and where things are kept."""

    model: str
    shapes: dict[str, tuple[int, ...]]
    inputs: str | None
    browser: str | None
    rounds: int
    seed: int
    argv: tuple[str, ...]
    recording_path: Path
    database_path: Path
