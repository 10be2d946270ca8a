"""One native step in a fresh Python process: a crash, a hang or a memory bomb there is an answer here."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gapprof.native.deaths import death_of
from gapprof.native.interpreter import Interpreter
from gapprof.native.python import module_command, own_environment
from gapprof.records.death import Death
from gapprof.text.refusals import last_words

KILL_WAIT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The child came to its end and said this."""

    value: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Died:
    """The child ended without an answer: a crash of native code, or the system killed it."""

    returncode: int
    stderr: str

    @property
    def death(self) -> Death:
        """What of, as far as it said."""
        return death_of(self.returncode, last_words(self.stderr))

    @property
    def how(self) -> str:
        """By which signal or with which exit code, and what it said at the end, if anything."""
        return self.death.told


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """The child did not end within its deadline and was killed."""

    deadline_s: float


def ask(
    module: str,
    request: dict[str, Any],
    *,
    scratch: Path,
    deadline_s: float,
    interpreter: Interpreter | None = None,
    variables: Mapping[str, str] = {},
) -> Answered | Died | Overdue:
    """Run `python -m module` on one request; the child is gone when this returns, whatever happens.

    Its files lie in `scratch`, which belongs to the run, so that nothing outlives a killed gapprof.
    `interpreter`: another Python than ours, with `variables` in its environment.
    """
    with tempfile.TemporaryDirectory(prefix="child-", dir=scratch) as folder:
        answer, errors = Path(folder, "answer.json"), Path(folder, "stderr.txt")
        request_file = Path(folder, "request.json")
        request_file.write_text(json.dumps(request), encoding="utf-8")
        packages = Path(folder, "packages")
        packages.mkdir()
        own = {**own_environment(), "PYTHONDONTWRITEBYTECODE": "1"}
        with errors.open("wb") as stderr:
            child = subprocess.Popen(
                [
                    *(interpreter.command(module) if interpreter else module_command(module)),
                    str(request_file),
                    str(answer),
                ],
                stdin=subprocess.PIPE,
                stdout=stderr,
                stderr=stderr,
                env=interpreter.environment(packages, variables) if interpreter else own,
                cwd=folder,
                process_group=0 if os.name == "posix" else None,
            )
            try:
                returncode = child.wait(timeout=deadline_s)
            except subprocess.TimeoutExpired:
                return Overdue(deadline_s=deadline_s)
            finally:
                child.kill()
                child.wait(timeout=KILL_WAIT_S)
                if child.stdin is not None:
                    child.stdin.close()
        try:
            return Answered(value=json.loads(answer.read_text(encoding="utf-8")))
        except (FileNotFoundError, json.JSONDecodeError):
            text = errors.read_text(encoding="utf-8", errors="replace")
            return Died(returncode=returncode, stderr=text[-2000:])


def serve(step: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """The child's side: read the request, do the step, leave the answer. `step` returns plain JSON values.

    A request with `unbounded` is for a GPU: what its driver maps is more than there is memory.
    """
    _die_with_parent()
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if not request.get("unbounded", False):
        _bound_memory()
    answer = step(request)
    Path(sys.argv[2]).write_text(json.dumps(answer), encoding="utf-8")


def _die_with_parent() -> None:
    """End when the parent does, even by SIGKILL: its end of our standard input closes."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            os.read(0, 1)
        os._exit(125)

    threading.Thread(target=watch, daemon=True).start()
    killed_with_parent()


def killed_with_parent() -> None:
    """Have the system end this process when the one that started it ends; only Linux does."""
    if sys.platform == "linux":
        import ctypes  # native code may hold the interpreter lock, which would keep the watcher waiting

        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL


def _bound_memory() -> None:
    """A model that asks for absurd memory gets an error; otherwise it might take the machine with it."""
    if sys.platform != "linux":
        return
    import resource

    import psutil

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    total = psutil.virtual_memory().total
    bounds = [total, *(bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_AS, (min(bounds), hard))
