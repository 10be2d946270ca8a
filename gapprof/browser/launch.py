"""One browser: started in a session of its own, with a fresh profile as a rule, and ended without a trace."""

import asyncio
import os
import re
import subprocess
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gapprof.browser import flags
from gapprof.browser.cdp import CallError, Connection
from gapprof.browser.trouble import VisitError
from gapprof.guard import GRACE_S, MARKER, Guard, kill_processes, processes_of, remove_folder

START_S = 60.0
_CLOSE_S = 15.0
_LISTENING = re.compile(r"DevTools listening on (ws://\S+)")
_TAIL_LINES = 20
_KEPT_LINES, _LINE_BYTES = 500, 4096
_MEND = (
    "Name another browser with --browser PATH or run `gapprof setup`; `gapprof doctor` says what is there."
)


class Stderr:
    """What a browser writes to stderr: it reports an unknown flag, and its death, nowhere else.

    Of one that floods it the first and the last lines are kept, and long lines in pieces.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._first: list[str] = []
        self._last: deque[str] = deque(maxlen=_KEPT_LINES)
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def text(self) -> str:
        """What was said so far."""
        return "".join(self._lines())

    def tail(self) -> str:
        """The last lines, for a failure's detail."""
        return "".join(self._lines()[-_TAIL_LINES:])

    @property
    def ended(self) -> bool:
        """Whether everything was read: nobody is left who could say more."""
        return not self._thread.is_alive()

    def close(self) -> None:
        """Wait for the reader; all writers are dead by then."""
        self._thread.join(timeout=5.0)

    def _lines(self) -> list[str]:
        return [*self._first, *self._last]

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            while line := stream.readline(_LINE_BYTES):
                kept = self._first if len(self._first) < _KEPT_LINES else self._last
                kept.append(line.decode(errors="replace"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """A running browser."""

    pid: int
    endpoint: str
    """The browser's own DevTools websocket."""
    profile: Path
    marker: str
    stderr: Stderr
    launch_ms: float
    """From starting the process to its DevTools address."""

    def pids(self) -> set[int]:
        """Every process of it that is alive."""
        return processes_of({self.pid}, self.marker)


@asynccontextmanager
async def launched(
    executable: Path,
    *,
    guard: Guard,
    js_flags: Sequence[str] = (),
    browser_args: Sequence[str] = (),
    extra: Sequence[str] = (),
    graphics: Sequence[str] = flags.NO_GPU,
    deadline_s: float = START_S,
    kept_profile: Path | None = None,
) -> AsyncIterator[Browser]:
    """Start, wait for the DevTools address, and on leaving end every process and remove the profile.

    `kept_profile`: one that another browser may have had before, and that stays when this one is left.

    Raises VisitError (kind `environment`, phase `start`) when it cannot start, dies or does not answer.
    """
    with nullcontext(kept_profile) if kept_profile else guard.folder("profile") as profile:
        line = flags.command_line(
            executable,
            profile=profile,
            js_flags=js_flags,
            browser_args=browser_args,
            extra=extra,
            graphics=graphics,
        )
        mark = guard.environment()
        began = time.perf_counter()
        process = _start(line, flags.environment(os.environ, profile=profile, marker=mark))
        guard.watch_process(process.pid)
        stderr = Stderr(process.stderr) if process.stderr else None
        try:
            if stderr is None:
                raise ValueError("the browser was started without a pipe for its stderr")
            endpoint = await _endpoint(process, stderr, deadline_s)
            for folder in _elsewhere(profile):
                guard.watch_folder(folder)
            yield Browser(
                pid=process.pid,
                endpoint=endpoint,
                profile=profile,
                marker=mark[MARKER],
                stderr=stderr,
                launch_ms=(time.perf_counter() - began) * 1e3,
            )
        finally:
            elsewhere = _elsewhere(profile)
            _stop(process, mark[MARKER], guard)
            for folder in elsewhere:
                if remove_folder(folder):
                    guard.forget_folder(folder)
            if stderr is not None:
                stderr.close()


async def closed(browser: Browser, connection: Connection) -> None:
    """Have it end by itself, so that its caches are on the disk for the next one. Raises VisitError."""
    with suppress(CallError, TimeoutError, VisitError):  # it may be gone before it has answered
        await connection.call("Browser.close", deadline_s=_CLOSE_S)
    patience = time.monotonic() + _CLOSE_S
    while browser.pids():
        if time.monotonic() > patience:
            raise VisitError(f"the browser did not end within {_CLOSE_S:g} s", kind="timeout")
        await asyncio.sleep(0.02)


def _start(line: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise _unusable(f"{line[0]} cannot be started: {error.strerror or error}", "") from error


async def _endpoint(process: subprocess.Popen[bytes], stderr: Stderr, deadline_s: float) -> str:
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        ended = process.poll()
        found = _LISTENING.search(stderr.text())
        if found:
            return found[1]
        if ended is not None:
            stderr.close()
            said = _reason(stderr.text())
            raise _unusable(f"the browser ended at start with exit code {ended}{said}", stderr.tail())
        await asyncio.sleep(0.01)
    raise _unusable(f"the browser gave no DevTools address within {deadline_s:g} s", stderr.tail())


def _stop(process: subprocess.Popen[bytes], marker: str, guard: Guard) -> None:
    """At once: it has nothing to save, unless `closed` had it save that before."""
    left = kill_processes(lambda: processes_of({process.pid}, marker), groups=(process.pid,))
    if not left:  # else the guard tries once more when gapprof ends
        process.wait(timeout=GRACE_S)
        guard.forget_process(process.pid)


def _elsewhere(profile: Path) -> tuple[Path, ...]:
    """The folder of the browser's socket where the profile's own path was too long for it."""
    link = profile / "SingletonSocket"
    if not link.is_symlink():
        return ()
    folder = link.readlink().parent
    return () if folder.is_relative_to(profile) else (folder,)


def _reason(said: str) -> str:
    """The fatal line of what was said, else the last one."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line]
    return f": {(fatal or lines[-1:])[0]}" if lines else ""


def _unusable(message: str, tail: str) -> VisitError:
    return VisitError(message, kind="environment", phase="start", hint=_MEND, detail=tail)
