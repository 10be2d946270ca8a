"""Starts one worker, sends it one request, and sees it to its end, whatever that end is."""

import io
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

import msgspec
from msgspec.structs import replace

from gapprof.native.wire import Answer, Line, Reached, Request, Waited

_END_S = 10.0
"""A worker that has closed its pipe, or was killed, must be gone within this time."""
_LONGEST_LINE_BYTES = 256 << 20
_KEPT_BYTES, _CHUNK_BYTES = 64 << 10, 4096
_LINE: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a worker ended."""

    answer: Answer | None
    """The last one."""
    phase: str
    """The last one that it reached."""
    exit_status: int
    timed_out: bool
    garbage: bool
    """It wrote something that is no line of ours."""
    stderr: str
    """The tail."""


@dataclass(slots=True)
class _Heard:
    """What the reading threads collect."""

    answers: "queue.Queue[Answer | Waited | None]" = field(default_factory=queue.Queue)
    """None at the end."""
    phase: str = "start"
    garbage: bool = False
    stderr: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worker:
    """A process and our ends of its pipes."""

    process: subprocess.Popen[bytes]
    requests: io.BufferedWriter
    lines: io.BufferedReader
    complaints: io.BufferedReader


def exchange(
    request: Request,
    *,
    command: Sequence[str],
    environment: Mapping[str, str],
    deadline_s: float,
    hear: Callable[[Answer | Waited], None],
) -> Ended:
    """Run one worker to its end, its death or the deadline; it is gone when this returns or raises.

    Each answer is told to `hear` as it comes, and for how long the worker waits. Raises OSError when the
    process cannot be started.
    """
    heard, until = _Heard(), time.monotonic() + deadline_s
    spawned = replace(request, spawned_ns=time.monotonic_ns())
    answer, timed_out = None, False
    with _worker(command, environment) as worker, _listening(worker, spawned, heard):
        while True:
            try:
                said = heard.answers.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                timed_out = True
                break
            if said is None:
                break
            hear(said)
            if not isinstance(said, Waited):
                answer = said
        exit_status = _reap(worker.process, patience_s=0.0 if timed_out else _END_S)
    return Ended(
        answer=answer,
        phase=heard.phase,
        exit_status=exit_status,
        timed_out=timed_out,
        garbage=heard.garbage,
        stderr=heard.stderr.decode(errors="replace"),
    )


@contextmanager
def _worker(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[_Worker]:
    """A worker in a process group of its own (Ctrl-C reaches gapprof alone), killed and reaped at the end."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        process_group=0 if os.name == "posix" else None,
    )
    try:
        yield _Worker(
            process=process,
            requests=cast("io.BufferedWriter", process.stdin),
            lines=cast("io.BufferedReader", process.stdout),
            complaints=cast("io.BufferedReader", process.stderr),
        )
    finally:
        _reap(process, patience_s=0.0)


@contextmanager
def _listening(worker: _Worker, request: Request, heard: _Heard) -> Iterator[None]:
    """Two threads on the worker's pipes; at the end the worker is killed, they end, and the pipes close."""
    conversation = threading.Thread(target=_converse, args=(worker, request, heard), daemon=True)
    complaints = threading.Thread(target=_collect, args=(worker, heard), daemon=True)
    conversation.start()
    complaints.start()
    try:
        yield
    finally:
        _reap(worker.process, patience_s=0.0)
        for thread in (conversation, complaints):
            thread.join(_END_S)
        for pipe in (worker.requests, worker.lines, worker.complaints):
            with suppress(OSError):  # unsent bytes to a worker that is gone
                pipe.close()


def _reap(process: subprocess.Popen[bytes], *, patience_s: float) -> int:
    with suppress(subprocess.TimeoutExpired):
        return process.wait(patience_s)
    process.kill()
    return process.wait(_END_S)


def _converse(worker: _Worker, request: Request, heard: _Heard) -> None:
    with suppress(OSError):  # a worker that died at once says so by its exit status
        worker.requests.write(msgspec.json.encode(request) + b"\n")
        worker.requests.flush()  # and stays open: its end tells the worker that gapprof is gone
    while line := worker.lines.readline(_LONGEST_LINE_BYTES):
        _hear(line, heard)
    heard.answers.put(None)


def _hear(line: bytes, heard: _Heard) -> None:
    try:
        said = _LINE.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        heard.garbage = True
        return
    if isinstance(said, Reached):
        heard.phase = said.phase
    else:
        heard.answers.put(said)


def _collect(worker: _Worker, heard: _Heard) -> None:
    while chunk := worker.complaints.read1(_CHUNK_BYTES):
        heard.stderr += chunk
        del heard.stderr[:-_KEPT_BYTES]
