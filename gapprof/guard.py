"""A small process that outlives gapprof just long enough to end what it started and remove its folders.

Run as a script it is that process; imported it is the way to it. Standard library only: it starts at once.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import IO, Self

MARKER = "GAPPROF_GUARD"
"""Environment variable by which processes of ours are known even when they left their process group."""
GRACE_S = 5.0
"""Between TERM and KILL, and again after KILL."""
_POLL_S = 0.01


class Guard:
    """Ends watched processes and removes watched folders, in whatever way gapprof ends.

    The watcher reads a pipe that only gapprof holds: SIGKILL closes it as a normal end does.
    """

    def __init__(self) -> None:
        self._token = secrets.token_hex(8)
        self._watcher: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._watcher = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).resolve()), self._token],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches a whole process group; the watcher has work to do then
            cwd=tempfile.gettempdir(),
        )
        return self

    def __exit__(self, *_: object) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher is None:
            return
        if watcher.stdin is not None:
            with contextlib.suppress(OSError):
                watcher.stdin.close()
        try:
            watcher.wait(timeout=4 * GRACE_S)
        except subprocess.TimeoutExpired:
            watcher.kill()
            watcher.wait(timeout=GRACE_S)

    def environment(self) -> dict[str, str]:
        """What to add to a child's environment so that the child is known; a new value for each call."""
        return {MARKER: f"{self._token}:{secrets.token_hex(4)}"}

    def watch_process(self, pid: int) -> None:
        """End this process, and its process group if it leads one, when gapprof is gone."""
        self._tell("process", str(pid), _born(pid))

    def forget_process(self, pid: int) -> None:
        """It was ended and reaped; its number may now belong to somebody else."""
        with contextlib.suppress(BrokenPipeError):  # no watcher, nothing to forget
            self._tell("process", str(pid), None)

    def watch_folder(self, path: Path) -> None:
        """Remove this folder when gapprof is gone. May be said before the folder exists."""
        self._tell("folder", str(path.absolute()), "")

    def forget_folder(self, path: Path) -> None:
        """It was removed, or is to stay."""
        with contextlib.suppress(BrokenPipeError):
            self._tell("folder", str(path.absolute()), None)

    @contextlib.contextmanager
    def folder(self, purpose: str) -> Iterator[Path]:
        """A new private folder under the system's temporary one, watched first and removed on leaving."""
        path = Path(tempfile.gettempdir()) / f"gapprof-{purpose}-{secrets.token_hex(6)}"
        self.watch_folder(path)
        path.mkdir(mode=0o700)
        try:
            yield path
        finally:
            if remove_folder(path):
                self.forget_folder(path)

    def _tell(self, kind: str, which: str, born: str | None) -> None:
        """One line to the watcher; without a birth it is to forget."""
        if self._watcher is None or self._watcher.stdin is None:
            raise RuntimeError("the guard is not on duty; use it as a context manager")
        self._watcher.stdin.write(json.dumps([kind, which, born]).encode() + b"\n")
        self._watcher.stdin.flush()


def processes_of(leaders: Collection[int], marker: str) -> set[int]:
    """Living processes that are, or have as session, one of `leaders`, or carry `marker` in `MARKER`.

    The marker finds those that made a session of their own, as crash handlers do. Off Linux: the leaders.
    """
    if not marker:
        raise ValueError("an empty marker would match every process of the machine")
    if not sys.platform.startswith("linux"):
        return {pid for pid in leaders if _alive(pid)}
    return {
        pid
        for pid in _pids()
        if (pid in leaders or _session(pid) in leaders or marker in _marker(pid)) and _alive(pid)
    }


def end_processes(find: Callable[[], set[int]], *, groups: Collection[int] = ()) -> set[int]:
    """TERM, wait, KILL, wait: returns what is still alive then. `groups` are process groups of ours."""
    return _ended(find, groups, signal.SIGTERM) and kill_processes(find, groups=groups)


def kill_processes(find: Callable[[], set[int]], *, groups: Collection[int] = ()) -> set[int]:
    """KILL, wait: for those that have nothing to save. Returns what is still alive then."""
    return _ended(find, groups, getattr(signal, "SIGKILL", signal.SIGTERM))


def _ended(find: Callable[[], set[int]], groups: Collection[int], number: int) -> set[int]:
    """Send one signal and wait; the whole process table is searched again only once all found are dead."""
    deadline = time.monotonic() + GRACE_S
    remaining = find()
    _signal(remaining, groups, number)
    while remaining and time.monotonic() < deadline:
        time.sleep(_POLL_S)
        if not any(_alive(pid) for pid in remaining):
            remaining = find()  # one may have been born meanwhile
            _signal(remaining, groups, number)
    return {pid for pid in remaining if _alive(pid)}


def remove_folder(path: Path) -> bool:
    """Whether the folder is gone. Tries for a while: a dying browser may still write into its profile."""
    deadline = time.monotonic() + GRACE_S
    while path.exists():
        shutil.rmtree(path, ignore_errors=True)
        if time.monotonic() > deadline:
            return not path.exists()
        if path.exists():
            time.sleep(_POLL_S)
    return True


def _signal(pids: Collection[int], groups: Collection[int], number: int) -> None:
    if os.name != "posix":
        for pid in pids:
            _ask("taskkill", "/T", "/F", "/PID", str(pid))
        return
    for group in groups if pids else ():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getpgid(pid) not in groups:  # a second TERM would cut the browser's own clean-up short
                os.kill(pid, number)


def _pids() -> Iterator[int]:
    own = os.getpid()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != own:
            yield int(entry.name)


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on (the third), so that a name with spaces does no harm."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _session(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[3]) if fields else None


def _marker(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    found = next((word for word in words if word.startswith(MARKER.encode() + b"=")), b"")
    return found.decode(errors="replace")


def _alive(pid: int) -> bool:
    """Alive and no zombie; off Linux a living process group counts as well."""
    if sys.platform.startswith("linux"):
        return _stat(pid)[:1] not in ([], ["Z"], ["X"])
    if os.name != "posix":
        return str(pid) in _ask("tasklist", "/NH", "/FI", f"PID eq {pid}")
    for probe in (os.kill, os.killpg):
        with contextlib.suppress(OSError):
            probe(pid, 0)
            return True
    return False


def _born(pid: int) -> str:
    """When a process began, in the system's own words; empty where nobody says."""
    if sys.platform.startswith("linux"):
        return "".join(_stat(pid)[19:20])
    return _ask("ps", "-o", "lstart=", "-p", str(pid)).strip() if os.name == "posix" else ""


def _ask(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=GRACE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _watch(lines: IO[str], token: str) -> None:
    """Read until gapprof is gone, then clean up after it."""
    watched: dict[str, dict[str, str]] = {"process": {}, "folder": {}}
    for line in lines:
        with contextlib.suppress(ValueError):  # a line cut off by SIGKILL
            kind, which, born = json.loads(line)
            watched[kind].pop(which, None)
            if born is not None:
                watched[kind][which] = born
    # A number that was given to somebody else meanwhile is none of our business.
    births = ((int(which), born) for which, born in watched["process"].items())
    ours = [pid for pid, born in births if not _alive(pid) or _born(pid) == born]
    end_processes(lambda: processes_of(ours, f"{token}:"), groups=[pid for pid in ours if _leads(pid)])
    for folder in watched["folder"]:
        remove_folder(Path(folder))


def _leads(pid: int) -> bool:
    """Whether it is a process group's leader; a native worker may share gapprof's own."""
    try:
        return os.getpgid(pid) == pid
    except (AttributeError, ProcessLookupError):
        return False


if __name__ == "__main__":
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    _watch(sys.stdin, sys.argv[1])
