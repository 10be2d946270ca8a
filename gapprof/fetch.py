"""Running what fetches: a command with a deadline, and a folder that exists whole or not at all."""

import contextlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from gapprof.errors import EnvironmentUnusable
from gapprof.guard import GRACE_S, MARKER, Guard, end_processes, processes_of, remove_folder

LONGEST_S = 1200.0
"""One command; a slow line needs minutes for 130 MB."""
_TAIL_LINES = 12
_UNFINISHED = "unfinished-"

_REASONS: Mapping[str, str] = {
    "ENOSPC": "the disk is full",
    "No space left on device": "the disk is full",
    "EROFS": "the disk is read-only",
    "EACCES": "the folder may not be written",
    "EINTEGRITY": "a package is not what the lock file promises",
    "ENOTFOUND": "the package registry cannot be reached",
    "EAI_AGAIN": "the package registry cannot be reached",
    "ECONNREFUSED": "the package registry cannot be reached",
    "ECONNRESET": "the package registry broke the connection",
    "ETIMEDOUT": "the package registry does not answer",
    "ETARGET": "the package registry does not have the pinned version",
    "E404": "the package registry does not have the pinned version",
    "Could not resolve": "the package archive cannot be reached",
    "Unable to locate package": "the package archive does not have it",
    "has no installation candidate": "the package archive does not have it",
    "Could not get lock": "another package manager is at work",
}
"""What npm and apt say → what it means; the first that occurs in the output counts."""


def run(
    command: Sequence[str], *, guard: Guard, cwd: Path | None = None, deadline_s: float = LONGEST_S
) -> str:
    """Run to the end and return what it printed.

    Raises EnvironmentUnusable, with the reason and the last lines, when it cannot start, fails or hangs.
    """
    name = Path(command[0]).stem
    own = guard.environment()
    try:
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"} | own,
            start_new_session=True,
        )
    except OSError as error:
        raise EnvironmentUnusable(f"{name} cannot be started: {error.strerror or error}") from error
    guard.watch_process(process.pid)
    try:
        printed, _ = process.communicate(timeout=deadline_s)
    except subprocess.TimeoutExpired:
        raise EnvironmentUnusable(
            f"{name} was not done after {deadline_s:g} s", hint="Check the network, then run it again."
        ) from None
    finally:
        _end(process, own[MARKER], guard)
    text = printed.decode(errors="replace")
    if process.returncode:
        raise EnvironmentUnusable(f"{name} failed{_reason(text)}\n{_tail(text)}", hint=_hint(command))
    return text


@contextlib.contextmanager
def appearing(target: Path, *, guard: Guard) -> Iterator[Path]:
    """A folder to fill, which becomes `target` on a clean leave and vanishes on any other.

    Raises EnvironmentUnusable when the disk refuses.
    """
    filling = target.parent / f"{_UNFINISHED}{secrets.token_hex(6)}"
    try:
        filling.mkdir(parents=True)
        guard.watch_folder(filling)
        yield filling
        remove_folder(target)
        filling.rename(target)
    except OSError as error:
        raise unwritable(target.parent, error) from error
    finally:
        if remove_folder(filling):
            guard.forget_folder(filling)


@contextlib.contextmanager
def sole_fetcher(cache: Path) -> Iterator[None]:
    """Hold the cache for oneself; what a killed fetch left behind is removed first."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / "setup.lock").acquire(timeout=LONGEST_S):
            for leftover in cache.glob(f"{_UNFINISHED}*"):
                remove_folder(leftover)
            yield
    except Timeout:
        raise EnvironmentUnusable(
            "another `gapprof setup` has been fetching for a long time", hint="Wait for it, or end it."
        ) from None
    except OSError as error:
        raise unwritable(cache, error) from error


def require_space(place: Path, wanted_bytes: int) -> None:
    """Raise EnvironmentUnusable when the disk that will hold `place` has less than that free."""
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < wanted_bytes:
        raise EnvironmentUnusable(
            f"{place} needs {wanted_bytes / 1e6:.0f} MB; the disk has {free / 1e6:.0f} MB free",
            hint="Free some space, or set GAPPROF_CACHE_DIR to a folder on another disk.",
        )


def unwritable(place: Path, error: OSError) -> EnvironmentUnusable:
    """The sentence for a disk that is full or read-only, or a folder that may not be written."""
    return EnvironmentUnusable(
        f"{place} cannot be written: {error.strerror or error}",
        hint="Set GAPPROF_CACHE_DIR to a folder of yours on a disk with enough space.",
    )


def _end(process: "subprocess.Popen[bytes]", marker: str, guard: Guard) -> None:
    if process.poll() is None:
        end_processes(lambda: processes_of({process.pid}, marker), groups=(process.pid,))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=GRACE_S)
    guard.forget_process(process.pid)


def _reason(text: str) -> str:
    return next((f": {reason}" for word, reason in _REASONS.items() if word in text), "")


def _tail(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.rstrip().splitlines()[-_TAIL_LINES:])


def _hint(command: Sequence[str]) -> str:
    return f"By hand: {' '.join([Path(command[0]).name, *command[1:]])}"
