"""The recording on disk: one line per entry, forced to disk at once, so that a crash loses nothing."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from gapprof.errors import EnvironmentUnusable
from gapprof.records.codec import encode_entry
from gapprof.records.recording import Begin, Entry, Note, Recording


@dataclass(slots=True, kw_only=True)
class Journal:
    """An open recording: what was written so far, and the clock that its entries share."""

    path: Path
    begin: Begin
    _file: BinaryIO
    _zero: float
    _entries: list[Entry] = field(default_factory=list)

    def now_s(self) -> float:
        """Seconds since the recording began (monotonic)."""
        return time.monotonic() - self._zero

    def write(self, entry: Entry) -> None:
        """Append one entry; raises EnvironmentUnusable when the disk refuses it."""
        self._put(entry)
        self._entries.append(entry)

    def note(self, concerns: str, text: str) -> None:
        """Keep a warning; the same one only once."""
        if not any(isinstance(e, Note) and (e.concerns, e.text) == (concerns, text) for e in self._entries):
            self.write(Note(at_s=self.now_s(), concerns=concerns, text=text))

    def _put(self, entry: Entry) -> None:
        try:
            self._file.write(encode_entry(entry))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise EnvironmentUnusable(
                f"the recording cannot be written: {error.strerror} ({self.path})",
                hint="Free some space or give --recording FILE on another disk; what was written is kept.",
            ) from error

    def recording(self) -> Recording:
        """Everything written so far."""
        return Recording(begin=self.begin, entries=tuple(self._entries))


@contextmanager
def open_journal(path: Path, begin: Begin) -> Iterator[Journal]:
    """Start a recording at `path`. The caller writes its `End`; a recording without one was cut off."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("wb")
    except OSError as error:
        raise EnvironmentUnusable(
            f"the recording cannot be started: {error.strerror} ({path})",
            hint="Give --recording FILE somewhere writable.",
        ) from error
    try:
        journal = Journal(path=path, begin=begin, _file=file, _zero=time.monotonic())
        journal._put(begin)
        yield journal
    finally:
        with suppress(OSError):  # a full disk once more: it was told when the line was refused
            file.close()
