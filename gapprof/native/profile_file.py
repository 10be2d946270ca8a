"""onnxruntime's profile, read node by node and run by run.

The file is almost JSON: onnxruntime does not escape node names, so a quote or a line end in one breaks it.
Each event starts on a line of its own with a fixed beginning, and that is what this reader goes by.
"""

import mmap
import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gapprof.records.trial import NodeTime

_EVENT = re.compile(
    rb'^\{"cat" : "(?P<category>\w+)","pid" :\d+,"tid" :\d+,"dur" :(?P<duration>\d+),"ts" :(?P<start>\d+),'
    rb'"ph" : "X","name" :"(?P<name>.*)","args" : \{(?P<arguments>.*)$',
    re.DOTALL,
)
_NEXT_EVENT = re.compile(rb'\n(?=\{"cat" : ")')
_ARGUMENT = re.compile(rb'"(op_name|provider)" : "([^"]*)"')
_KERNEL = b"_kernel_time"
_CONTROL_FLOW = frozenset({"If", "Loop", "Scan"})  # their time holds that of the nodes inside


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


def runs_of(file: Path, *, wanted: int) -> tuple[ProfiledRun, ...]:
    """The last `wanted` runs, oldest first, without the warm-up before them; ProfileError when too few.

    A profile of a large graph takes hundreds of megabytes, of which no more than those runs are kept.
    """
    count, last = 0, deque[ProfiledRun](maxlen=wanted)
    with file.open("rb") as opened, _mapped(opened) as profile:
        for run in _runs(profile):
            count += 1
            last.append(run)
    if count < wanted:
        raise ProfileError(
            f"the profile holds {count} runs, {wanted} were made; the profiler's buffer is full"
        )
    return tuple(last)


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
        if event is None:
            continue
        name = event["name"]
        if event["category"] == b"Node" and name.endswith(_KERNEL):
            kernels.append(_kernel(event))
        elif event["category"] == b"Session" and name == b"model_run":
            yield ProfiledRun(model_run_us=int(event["duration"]), kernels=_outermost(kernels))
            kernels = []


def _kernel(event: re.Match[bytes]) -> Kernel:
    arguments = {key: value.decode() for key, value in _ARGUMENT.findall(event["arguments"])}
    return Kernel(
        name=event["name"].removesuffix(_KERNEL).decode(errors="replace"),
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
