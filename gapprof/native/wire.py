"""What gapprof and its native worker say to each other: one JSON line in, lines out, answers among them."""

from typing import Literal

from msgspec import Struct

from gapprof.records.job import Job
from gapprof.records.trial import Failure, Profile, Trial


class Request(Struct, frozen=True, kw_only=True):
    """Everything a worker needs; it answers with a trial, or a trial and then a profile, and ends."""

    task: Literal["timed", "profiled"]
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


Answer = Trial | Profile | Failure
Line = Reached | Trial | Profile | Failure
