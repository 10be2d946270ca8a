"""A Node process that carries out the page's tasks without a browser: started, asked, ended."""

import contextlib
import os
import queue
import secrets
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gapprof.browser.answers import A, answer_of
from gapprof.browser.launch import Stderr
from gapprof.browser.trouble import VisitError
from gapprof.guard import GRACE_S, MARKER, Guard, end_processes, processes_of

START_S = 30.0
_HINT = "Run `gapprof setup` to fetch Node anew; `gapprof doctor` says what is there."
_BAD_OPTION = 9
"""Node's exit code for a flag that neither it nor V8 knows."""


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """The first line: who is there."""

    node: str
    v8: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A running Node that waits for tasks."""

    pid: int
    hello: Hello
    start_ms: float
    """From starting the process to its first word."""
    _process: subprocess.Popen[bytes]
    _lines: "queue.Queue[bytes | None]"
    _stderr: Stderr

    def ask(self, task: msgspec.Struct, kind: type[A], *, until: float) -> A:
        """Have a task carried out; `until` is a time of `time.monotonic()`. Raises VisitError."""
        if self._process.stdin is None:
            raise ValueError("the engine was started without a pipe for its tasks")
        with contextlib.suppress(BrokenPipeError):  # it died; waiting for the answer says how
            self._process.stdin.write(msgspec.json.encode(task) + b"\n")
            self._process.stdin.flush()
        return answer_of(_next(self._lines, self._process, self._stderr, until=until), kind)


@contextlib.contextmanager
def running(
    node: Path,
    script: Path,
    *,
    guard: Guard,
    js_flags: Sequence[str] = (),
    variables: Mapping[str, str] = {},
    deadline_s: float = START_S,
) -> Iterator[Engine]:
    """Start Node with V8 flags; on leaving it is gone. Raises VisitError when it does not come up.

    `variables`: of its environment, beside the user's own.
    """
    mark = secrets.token_hex(8) + ":"
    own = guard.environment()
    # NODE_OPTIONS would add flags that nobody reported.
    inherited = {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"}
    environment = inherited | {**variables} | own
    began = time.monotonic()
    try:
        process = subprocess.Popen(
            [str(node), *js_flags, str(script), mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise VisitError(
            f"{node} cannot be started: {error.strerror or error}",
            kind="environment",
            phase="start",
            hint=_HINT,
        ) from error
    guard.watch_process(process.pid)
    if process.stdout is None or process.stderr is None:
        raise ValueError("the engine was started without its pipes")
    lines: queue.Queue[bytes | None] = queue.Queue()
    stderr = Stderr(process.stderr)
    reader = threading.Thread(target=_read, args=(process, mark.encode(), lines), daemon=True)
    reader.start()
    try:
        hello = _next(lines, process, stderr, until=began + deadline_s, phase="start")
        yield Engine(
            pid=process.pid,
            hello=msgspec.json.decode(hello, type=Hello),
            start_ms=(time.monotonic() - began) * 1e3,
            _process=process,
            _lines=lines,
            _stderr=stderr,
        )
    finally:
        _stop(process, own[MARKER], guard)
        reader.join(timeout=GRACE_S)
        stderr.close()


def _read(process: subprocess.Popen[bytes], mark: bytes, lines: "queue.Queue[bytes | None]") -> None:
    """Marked lines to the queue; everything else is onnxruntime-web talking to itself."""
    if process.stdout is not None:
        with process.stdout as stream:
            for line in stream:
                if line.startswith(mark):
                    lines.put(line[len(mark) :])
    lines.put(None)


def _next(
    lines: "queue.Queue[bytes | None]",
    process: subprocess.Popen[bytes],
    stderr: Stderr,
    *,
    until: float,
    phase: str = "",
) -> bytes:
    try:
        line = lines.get(timeout=max(0.0, until - time.monotonic()))
    except queue.Empty:
        raise VisitError(
            "Node gave no answer in time", kind="timeout", phase=phase, detail=stderr.tail()
        ) from None
    if line is not None:
        return line
    code = process.wait(timeout=GRACE_S)
    stderr.close()
    said = stderr.tail()
    if code == _BAD_OPTION:
        raise VisitError(
            f"Node does not know one of its flags: {said.strip()}",
            kind="environment",
            phase="start",
            detail=said,
        )
    memory = "out of memory" in said.lower()
    raise VisitError(
        f"Node ended with exit code {code}",
        kind="out-of-memory" if memory else "crash",
        phase=phase,
        detail=said,
    )


def _stop(process: subprocess.Popen[bytes], marker: str, guard: Guard) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=GRACE_S / 5)  # it leaves by itself unless it is in the middle of a run
    left = end_processes(lambda: processes_of({process.pid}, marker), groups=(process.pid,))
    if not left:
        process.wait(timeout=GRACE_S)
        guard.forget_process(process.pid)
