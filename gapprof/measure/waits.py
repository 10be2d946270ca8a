"""What visits say while they wait for fast cores: told to whoever watches, and kept for those that fail."""

import time
from dataclasses import dataclass
from typing import Self

from msgspec.structs import replace

from gapprof.records.progress import Observer, Progress

_WORTH_TELLING_MS = 1000.0


def _nobody(_: Progress) -> None:
    """Watches."""


@dataclass(slots=True)
class Waits:
    """Passes each step of a run on to the observer, and tells it the last one again while a visit waits.

    Whatever goes wrong with a file or in time inside of a visit is taken for that visit's own failure: an
    observer's OSErrors are kept until the next step or the run's end, and nothing more is told until then.
    """

    observer: Observer = _nobody
    _last: Progress | None = None
    _told_s: float = 0.0
    _so_far_ms: float = 0.0
    _broken: OSError | None = None

    def watch(self, progress: Progress) -> None:
        """A step of the run. Raises what the observer raises, also what it raised since the last one."""
        self._raise_kept()
        self._last, self._told_s = progress, time.monotonic()
        self.observer(progress)

    def __enter__(self) -> Self:
        """Around a run."""
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Raises what the observer raised since the last step, where no other will follow: an interrupted run
        has none. Whatever else ends it goes on as it is, with a note of that."""
        if error is None:
            self._raise_kept()
        elif self._broken is not None:
            error.add_note(f"whoever watched the run had failed before: {self._broken!r}")

    def hear(self, so_far_ms: float) -> None:
        """A visit goes on waiting; it times nothing meanwhile."""
        self._so_far_ms = so_far_ms
        if self._last is None or self._broken is not None or so_far_ms < _WORTH_TELLING_MS:
            return
        since_s = time.monotonic() - self._told_s
        waiting = replace(self._last, elapsed_s=self._last.elapsed_s + since_s, waited_s=so_far_ms / 1e3)
        try:
            self.observer(replace(waiting, recording=None))
        except OSError as error:
            self._broken = error

    def over_ms(self) -> float:
        """What the visit that is over said last, to whoever asks first."""
        so_far_ms, self._so_far_ms = self._so_far_ms, 0.0
        return so_far_ms

    def _raise_kept(self) -> None:
        broken, self._broken = self._broken, None
        if broken is not None:
            raise broken
