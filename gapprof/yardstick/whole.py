"""`gapprof kernels` from start to end: the model, the database, the rounds, the table."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from gapprof.errors import GapprofError, Interrupted, WrongUse
from gapprof.guard import Guard
from gapprof.interrupts import Hold
from gapprof.records.progress import Observer
from gapprof.records.recording import Recording
from gapprof.records.surface import Surface
from gapprof.records.yardstick import Kernels
from gapprof.subject.open import open_subject
from gapprof.terminal.kernels import drawn
from gapprof.yardstick import database as databases
from gapprof.yardstick.report import kernels_of
from gapprof.yardstick.run import measured


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The table, and what stopped the run short, if anything did."""

    kernels: Kernels
    stopped: GapprofError | None = None

    def drawn(self, surface: Surface) -> str:
        """As text, ending in a newline."""
        return drawn(self.kernels, surface)


def table(recording: Recording, source: str) -> Outcome:
    """Of a run that was recorded. Raises WrongUse for kernels that nobody knows."""
    try:
        return Outcome(kernels=kernels_of(recording))
    except msgspec.DecodeError as error:
        raise WrongUse(
            f"{source} names a kernel that this gapprof does not know: {error}",
            hint="It is of another version, or was edited; measure again with `gapprof kernels MODEL`.",
        ) from error


def yardstick(wish: Wish, *, observer: Observer, hold: Hold) -> Outcome:
    """Measure, and keep what was tuned. Raises GapprofError where nothing was measured."""
    before = databases.read(wish.database_path)
    try:
        with hold.lifted():
            recording = _measured(wish, before, observer)
    except KeyboardInterrupt:
        raise Interrupted("interrupted") from None
    ended = recording.end is not None and recording.end.reason == "interrupted"
    stopped = Interrupted("interrupted") if ended else None
    return Outcome(kernels=kernels_of(recording), stopped=stopped)


def _measured(wish: Wish, database: databases.Database, observer: Observer) -> Recording:
    with Guard() as guard, guard.folder("kernels") as workdir:
        subject = open_subject(
            wish.model, shapes=wish.shapes, inputs=wish.inputs, seed=wish.seed, workdir=workdir
        )
        return measured(
            subject,
            database,
            lambda found: databases.write(wish.database_path, found),
            seed=wish.seed,
            rounds=wish.rounds,
            browser=wish.browser,
            argv=wish.argv,
            recording_path=wish.recording_path,
            workdir=workdir,
            guard=guard,
            observer=observer,
        )
