"""What gapprof and its native worker say to each other: one JSON line in, lines out, answers among them."""

from typing import Literal

from msgspec import Struct

from gapprof.records.gpu import PlacedNode
from gapprof.records.job import Job
from gapprof.records.trial import Failure, Profile, Trial

Task = Literal["timed", "profiled", "placed"]


class Request(Struct, frozen=True, kw_only=True):
    """Everything a worker needs; it answers with a trial, with a trial and then a profile, or with who runs
    which node, and ends."""

    task: Task
    job: Job
    spawned_ns: int = 0
    """`time.monotonic_ns()` of the sender just before it started the worker; filled in then."""
    cache_folder: str | None
    """Where the scan for CPUID may be kept; None: nowhere."""
    scratch_folder: str
    """An empty folder that the sender removes."""
    memory_limit_bytes: int | None
    """Limit of the address space, where the system has such a thing."""
    provider: str = "CPUExecutionProvider"
    """Execution provider that the session is made with."""
    sentinel_model: bytes
    """A MatMul of two inputs, see sentinel.py."""


class Reached(Struct, frozen=True, kw_only=True, tag="reached", tag_field="entry"):
    """Sent on entering a phase, so that a worker that dies says where."""

    phase: str
    """As in `Failure.phase`."""


class Waited(Struct, frozen=True, kw_only=True, tag="waited", tag_field="entry"):
    """Sent while the worker waits for fast cores, and times nothing."""

    so_far_ms: float


class Placed(Struct, frozen=True, kw_only=True, tag="placed", tag_field="entry"):
    """Who ran which node, in the order in which they ran."""

    nodes: tuple[PlacedNode, ...]


Answer = Trial | Profile | Placed | Failure
Line = Reached | Waited | Trial | Profile | Placed | Failure
