"""The native worker: a fresh process that runs one model once and ends. `python -m gapprof.native.worker`.

It reads one request from standard input, which its parent then holds open, and writes its lines to what was
its standard output. Whatever onnxruntime prints goes to standard error.
"""

import faulthandler
import os
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

import msgspec

from gapprof.native import lifeline
from gapprof.native.broken import expected, failure_of
from gapprof.native.memory_limit import limit_this_process
from gapprof.native.placed import placed_pass
from gapprof.native.profiled import profiled_pass
from gapprof.native.stopwatch import since_spawn_ms
from gapprof.native.timed import timed_pass
from gapprof.native.wire import Answer, Line, Reached, Request, Waited


@dataclass(slots=True)
class Progress:
    """The phase that the worker is in, told to the parent as it changes."""

    channel: int
    phase: str = "start"

    def reach(self, phase: str) -> None:
        """Enter a phase."""
        self.phase = phase
        send(self.channel, Reached(phase=phase))

    def wait(self, so_far_ms: float) -> None:
        """Go on waiting for fast cores."""
        send(self.channel, Waited(so_far_ms=so_far_ms))


def main() -> None:
    """Answer one request and end the process."""
    channel = take_standard_output()
    sys.excepthook = end_with
    request = msgspec.json.decode(sys.stdin.buffer.readline(), type=Request)
    process_ms = since_spawn_ms(request.spawned_ns)
    faulthandler.enable()
    lifeline.hold(request.job.pace.deadline_s)
    if request.memory_limit_bytes is not None:
        limit_this_process(request.memory_limit_bytes)
    for answer in answers(request, process_ms, Progress(channel)):
        send(channel, answer)
    # onnxruntime's own end is not measured and, half patched, not safe: leave without it.
    sys.stderr.flush()
    os._exit(0)


def end_with(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A fault of ours: its traceback is the parent's to tell; onnxruntime's own end is left out here, too."""
    traceback.print_exception(kind, error, trace)
    sys.stderr.flush()
    os._exit(1)


def answers(request: Request, process_ms: float, progress: Progress) -> Iterator[Answer]:
    """The trial, then the profile if one is asked for, or who runs which node; what may break becomes a
    Failure with its phase."""
    try:
        if request.task == "placed":
            yield placed_pass(request, progress.reach)
            return
        trial, opened = timed_pass(request, process_ms, progress.reach, progress.wait)
        yield trial
        if request.task == "profiled":
            yield profiled_pass(request, opened, trial, progress.reach)
    except expected() as error:
        yield failure_of(error, request.job, progress.phase)


def take_standard_output() -> int:
    """A descriptor of what was standard output; from here on all prints go to standard error."""
    channel = os.dup(1)
    os.dup2(2, 1)
    return channel


def send(channel: int, line: Line) -> None:
    """Write one line, whole."""
    data = memoryview(msgspec.json.encode(line) + b"\n")
    while data:
        data = data[os.write(channel, data) :]


if __name__ == "__main__":
    main()
