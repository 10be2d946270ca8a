"""onnxruntime's profile, read node by node and run by run.

The file is almost JSON: onnxruntime does not escape node names, so a quote or a line end in one breaks it.
Each event starts on a line of its own with a fixed beginning, and that is what this reader goes by.

On Linux the profiler reads the clock of the day, which somebody may set while a profile is written: no time
of such a profile can be trusted.
"""

import mmap
import os
import re
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gapprof.records.trial import NodeTime

_EVENT = re.compile(
    rb'^\{"cat" : "(?P<category>\w+)","pid" :\d+,"tid" :\d+,'
    rb'"dur" :(?P<duration>-?\d+),"ts" :(?P<start>-?\d+),'
    rb'"ph" : "X","name" :"(?P<name>.*)","args" : \{(?P<arguments>.*)$',
    re.DOTALL,
)
_NEXT_EVENT = re.compile(rb'\n(?=\{"cat" : ")')
_ARGUMENT = re.compile(rb'"(op_name|provider)" : "([^"]*)"')
_KERNEL = b"_kernel_time"
_CONTROL_FLOW = frozenset({"If", "Loop", "Scan"})  # their time holds that of the nodes inside
_BY_ITS_CLOCK = frozenset({b"Node", b"Session"})
"""Of a GPU's events it is the driver that gives the times."""
_STEP_MS = 100.0
"""Two clocks that nobody sets differ by less over any run: one that is slewed gains 0.05 %."""
_CLOCK_SET = "the profiler goes by the clock of the day, which was set meanwhile"


class ProfileError(ValueError):
    """The profile does not hold what was run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """One execution of one node; microseconds, which is the profiler's resolution."""

    name: str
    op_type: str
    provider: str
    start_us: int
    duration_us: int

    @property
    def end_us(self) -> int:
        """When it was done."""
        return self.start_us + self.duration_us


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfiledRun:
    """One run: the profiler's `model_run` and the nodes in it, without those inside another node."""

    model_run_us: int
    kernels: tuple[Kernel, ...]


def runs_of(file: Path, *, made: int, wanted: int) -> tuple[ProfiledRun, ...]:
    """The last `wanted` of the runs that were `made`, oldest first.

    A profile of a large graph takes hundreds of megabytes, of which no more than those are kept. Raises
    ProfileError where a time is below zero, and where a run is missing, be it of the warm-up: onnxruntime
    keeps a million events and drops the later ones, so that the last that are left may be others.
    """
    count, last = 0, deque[ProfiledRun](maxlen=wanted)
    with file.open("rb") as opened, _mapped(opened) as profile:
        for run in _runs(profile):
            count += 1
            last.append(run)
    if count < made:
        raise ProfileError(f"the profile holds {count} runs, {made} were made; the profiler's buffer is full")
    return tuple(last)


def refuse_longer(runs: Sequence[ProfiledRun], walls_ms: Sequence[float]) -> None:
    """Raises ProfileError where a run, or a node in it, took less by a clock that nobody can set.

    `walls_ms`: by that clock, run by run, with what is around each run.
    """
    for run, wall_ms in zip(runs, walls_ms, strict=True):
        longest_ms = max((run.model_run_us, *(kernel.duration_us for kernel in run.kernels))) / 1e3
        if longest_ms > wall_ms + _STEP_MS:
            raise ProfileError(f"{_CLOCK_SET}: it has {longest_ms:.0f} ms in a run of {wall_ms:.0f} ms")


def node_times(runs: Sequence[ProfiledRun]) -> tuple[NodeTime, ...]:
    """Kernel ms per node, one value per run: 0 where it did not run, the sum where it ran more than once."""
    first: dict[str, Kernel] = {}
    spent_ms: dict[str, list[float]] = {}
    for number, run in enumerate(runs):
        for kernel in run.kernels:
            first.setdefault(kernel.name, kernel)
            spent_ms.setdefault(kernel.name, [0.0] * len(runs))[number] += kernel.duration_us / 1e3
    return tuple(
        NodeTime(
            name=name,
            op_type=kernel.op_type,
            provider=kernel.provider,
            samples_ms=tuple(spent_ms[name]),
        )
        for name, kernel in first.items()
    )


@contextmanager
def _mapped(opened: BinaryIO) -> Iterator[mmap.mmap | bytes]:
    """The file as bytes that are read as they are asked for; an empty file cannot be mapped."""
    if not os.fstat(opened.fileno()).st_size:
        yield b""
        return
    with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as profile:
        yield profile


def _events(profile: mmap.mmap | bytes) -> Iterator[bytes]:
    begin = 0
    for gap in _NEXT_EVENT.finditer(profile):
        yield profile[begin : gap.start()]
        begin = gap.end()
    yield profile[begin:]


def _runs(profile: mmap.mmap | bytes) -> Iterator[ProfiledRun]:
    kernels: list[Kernel] = []
    for text in _events(profile):
        event = _EVENT.match(text)
        if event is None or event["category"] not in _BY_ITS_CLOCK:
            continue
        if event["duration"].startswith(b"-") or event["start"].startswith(b"-"):
            raise ProfileError(f"{_CLOCK_SET}: it has times below zero")
        name = event["name"]
        if event["category"] == b"Node" and name.endswith(_KERNEL):
            kernels.append(_kernel(event))
        elif event["category"] == b"Session" and name == b"model_run":
            yield ProfiledRun(model_run_us=int(event["duration"]), kernels=_outermost(kernels))
            kernels = []


def _kernel(event: re.Match[bytes]) -> Kernel:
    """Its texts are shared with those of other runs: a large graph has hundreds of thousands of kernels."""
    arguments = {key: sys.intern(value.decode()) for key, value in _ARGUMENT.findall(event["arguments"])}
    return Kernel(
        name=sys.intern(event["name"].removesuffix(_KERNEL).decode(errors="replace")),
        op_type=arguments.get(b"op_name", ""),
        provider=arguments.get(b"provider", ""),
        start_us=int(event["start"]),
        duration_us=int(event["duration"]),
    )


def _outermost(kernels: Sequence[Kernel]) -> tuple[Kernel, ...]:
    holders = [kernel for kernel in kernels if kernel.op_type in _CONTROL_FLOW]
    return tuple(kernel for kernel in kernels if not any(_inside(kernel, holder) for holder in holders))


def _inside(kernel: Kernel, holder: Kernel) -> bool:
    if kernel is holder:
        return False
    return holder.start_us <= kernel.start_us and kernel.end_us <= holder.end_us
