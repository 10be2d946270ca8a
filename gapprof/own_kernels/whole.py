"""`gapprof kernels` from start to end: the model, the database, the rounds, the table."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec

from gapprof.errors import GapprofError, Interrupted, WrongUse
from gapprof.explain.recorded import ending
from gapprof.guard import Guard
from gapprof.interrupts import Hold
from gapprof.own_kernels.database import write
from gapprof.own_kernels.wish import Wish
from gapprof.records.progress import Observer
from gapprof.records.recording import Recording
from gapprof.records.subject import Subject
from gapprof.records.surface import Surface
from gapprof.subject.open import open_subject

D = TypeVar("D", bound=msgspec.Struct)
"""A database of what was tuned."""
K = TypeVar("K", bound=msgspec.Struct)
"""A table of kernels."""


class Measured(Protocol[D]):
    """One measurement on this machine, all in one recording."""

    def __call__(
        self,
        subject: Subject,
        database: D,
        keep: Callable[[D], None],
        wish: Wish,
        *,
        workdir: Path,
        guard: Guard,
        observer: Observer,
    ) -> Recording:
        """Tune what the database does not settle, `keep` it, then time in rounds.

        An interruption ends the rounds but raises nothing: `end` says so. Raises GapprofError.
        """


@dataclass(frozen=True, kw_only=True)
class Outcome(Generic[K]):
    """The table, and what stopped the run short, if anything did."""

    kernels: K
    text: Callable[[K, Surface], str]
    stopped: GapprofError | None = None

    def drawn(self, surface: Surface) -> str:
        """As text, ending in a newline."""
        return self.text(self.kernels, surface)


@dataclass(frozen=True, kw_only=True)
class Yardstick(Generic[D, K]):
    """Kernels of ours for one kind of machine: what is read, measured and drawn."""

    one: str
    """What each of them is called."""
    database_name: str
    """Of the file, where the user names none."""
    read: Callable[[Path], D]
    measured: Measured[D]
    table: Callable[[Recording], K]
    drawn: Callable[[K, Surface], str]

    def recorded(self, recording: Recording, source: str) -> Outcome[K]:
        """Of a run that was recorded. Raises WrongUse for kernels that nobody knows."""
        try:
            return Outcome(kernels=self.table(recording), text=self.drawn)
        except msgspec.DecodeError as error:
            raise WrongUse(
                f"{source} names a {self.one} that this gapprof does not know: {error}",
                hint="It is of another version, or was edited; measure again with `gapprof kernels MODEL`.",
            ) from error

    def run(self, wish: Wish, *, observer: Observer, hold: Hold) -> Outcome[K]:
        """Measure, and keep what was tuned. Raises GapprofError where nothing was measured."""
        before = self.read(wish.database_path)
        try:
            with hold.lifted():
                recording = self._recording(wish, before, observer)
        except KeyboardInterrupt:
            raise Interrupted("interrupted") from None
        stopped = Interrupted("interrupted") if ending(recording) == "interrupted" else None
        return Outcome(kernels=self.table(recording), text=self.drawn, stopped=stopped)

    def _recording(self, wish: Wish, database: D, observer: Observer) -> Recording:
        with Guard() as guard, guard.folder("kernels") as workdir:
            subject = open_subject(
                wish.model, shapes=wish.shapes, inputs=wish.inputs, seed=wish.seed, workdir=workdir
            )
            return self.measured(
                subject,
                database,
                lambda found: write(wish.database_path, found),
                wish,
                workdir=workdir,
                guard=guard,
                observer=observer,
            )
