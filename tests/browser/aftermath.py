"""What of a gapprof is alive and open while it runs, and whether any of it is left afterwards."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from gapprof.guard import processes_of

LOOK_S = 0.1
"""Looking costs time that a gapprof wants for starting; a trial takes longer than this."""
PATIENCE_S = 180.0
"""For what comes in seconds on a quiet machine; nobody waits longer than it takes."""
LOCK = "gapprof-measuring.lock"
"""Stays for the next run: whoever removed it could take it from under another gapprof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """The processes that a gapprof has started, and the ports on which it and they listen."""

    children: tuple[psutil.Process, ...]
    words: tuple[tuple[str, ...], ...]
    """The command line of each."""
    ports: frozenset[int] = frozenset()
    """Known once what was waited for holds: to look for them takes as long as all the rest."""

    @property
    def token(self) -> str:
        """What the guard marks the processes of this run with: the last word that it was started with."""
        return next(words[-1] for words in self.words if words[-2:-1] and words[-2].endswith("guard.py"))


@contextmanager
def mortal(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Killed at the end of the block, should a claim about it have failed before it ended."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def seen(pid: int, what: str, holds: Callable[[Alive], bool]) -> Alive:
    """What is alive at the first moment at which that holds for it; fails where it ends without one."""
    found: list[Alive] = []

    def look() -> bool:
        assert _lives(psutil.Process(pid)), f"{what}, and it has ended"
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):  # one that ended while it was looked at
            now = _alive(pid)
            if holds(now):
                found.append(replace(now, ports=_ports(pid, now.children)))
        return bool(found)

    until(PATIENCE_S, what, look)
    return found[0]


def until(deadline_s: float, what: str, holds: Callable[[], object]) -> None:
    """Look again and again; fail with `what` at the deadline."""
    deadline = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(LOOK_S)


def assert_nothing_left(there: Alive, temporary: Path) -> None:
    """No process that it started, none that it marked, no folder, no port."""
    marker = f"{there.token}:"
    until(30, "children are left", lambda: not any(map(_lives, there.children)))
    until(30, "marked processes are left", lambda: not processes_of((), marker))
    until(30, "processes with its folder are left", lambda: not _with_temporary(temporary))
    until(30, "folders are left", lambda: {entry.name for entry in temporary.iterdir()} <= {LOCK})
    assert not [port for port in there.ports if _taken(port)]


def _alive(pid: int) -> Alive:
    children = tuple(psutil.Process(pid).children(recursive=True))
    return Alive(children=children, words=tuple(tuple(child.cmdline()) for child in children))


def _ports(pid: int, children: tuple[psutil.Process, ...]) -> frozenset[int]:
    return frozenset(
        connection.laddr.port
        for process in (psutil.Process(pid), *children)
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    )


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _with_temporary(temporary: Path) -> list[int]:
    """Processes whose environment names this folder: whatever gapprof started, however it was orphaned."""
    named = f"TMPDIR={temporary}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if named in words and _lives(psutil.Process(int(entry.name))):
                found.append(int(entry.name))
    return found


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
