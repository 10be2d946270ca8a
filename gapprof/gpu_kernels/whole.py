"""`gapprof kernels --backend webgpu` from start to end: the model, the database, the rounds, the table."""

from dataclasses import dataclass

import msgspec

from gapprof.errors import GapprofError, Interrupted, WrongUse
from gapprof.gpu_kernels import database as databases
from gapprof.gpu_kernels.report import kernels_of
from gapprof.gpu_kernels.run import measured
from gapprof.guard import Guard
from gapprof.interrupts import Hold
from gapprof.records.gpu_yardstick import GpuKernels
from gapprof.records.progress import Observer
from gapprof.records.recording import Recording
from gapprof.records.surface import Surface
from gapprof.subject.open import open_subject
from gapprof.terminal.gpu_kernels import drawn
from gapprof.yardstick.whole import Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The table, and what stopped the run short, if anything did."""

    kernels: GpuKernels
    stopped: GapprofError | None = None

    def drawn(self, surface: Surface) -> str:
        """As text, ending in a newline."""
        return drawn(self.kernels, surface)


def table(recording: Recording, source: str) -> Outcome:
    """Of a run that was recorded. Raises WrongUse for shapes that nobody knows."""
    try:
        return Outcome(kernels=kernels_of(recording))
    except msgspec.DecodeError as error:
        raise WrongUse(
            f"{source} names a shader that this gapprof does not know: {error}",
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
