"""How many runs a profile has, and how many of them share a session. Pure.

onnxruntime's profiler keeps its events in memory until its session is gone, and no session can be told to
begin with them later: what a session with the profiler warms up with is kept as well.
"""

import math
from dataclasses import dataclass

from gapprof.records.trial import PROFILE_BLOCKS

ORDINARY_NODES = 500
"""Graphs of so few nodes have all their runs in one session, 254 at most."""
EVENT_BYTES = 2_850
"""What onnxruntime 1.30 holds of one node of one run, most of it texts. Measured as growth of what a process
holds for itself, on two threads (Linux, x86-64): 109 MiB by two runs of a chain of 20,000 Adds, 5.43 MiB by
each of five runs of a chain of 2,000."""
MOST_BYTES = 115_000_000
"""Of one session of a larger graph: two runs of 20,000 nodes, of which one has to warm up. The session itself
took 64 MiB beside them."""
_WANTED_MS = 200.0
_RUNS = (8, 200)
_FEWEST_RUNS = PROFILE_BLOCKS
_WARMUP_RUNS = 3
_SHARE_OF_DEADLINE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSession:
    """Every block is made by the same session, after a run that brings the caches back and is not counted."""

    runs: int
    """Counted, of each block."""

    @property
    def warmup_runs(self) -> int:
        """Of the session with the profiler, whose buffers are new; the profile's reader drops them."""
        return max(_WARMUP_RUNS, self.runs)

    @property
    def made(self) -> int:
        """By the session with the profiler."""
        return self.warmup_runs + PROFILE_BLOCKS * (1 + self.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPerBlock:
    """Every block is made by a session of its own, which is gone before the next one comes."""

    runs: int
    """Counted, of each block."""
    warmup_runs: int
    """Before them, and not counted."""

    @property
    def made(self) -> int:
        """By one session."""
        return self.warmup_runs + self.runs


Counts = OneSession | SessionPerBlock


def counts_for(run_ms: float, *, deadline_s: float, nodes: int) -> Counts:
    """Of a graph of so many nodes, a run of which takes so long: one session, if it has room for all runs."""
    runs = run_count(run_ms, deadline_s) // PROFILE_BLOCKS
    together = OneSession(runs=runs)
    if nodes <= ORDINARY_NODES or together.made * nodes * EVENT_BYTES <= MOST_BYTES:
        return together
    room = max(2, MOST_BYTES // (nodes * EVENT_BYTES))
    warmup_runs = min(_WARMUP_RUNS, room // 2)
    return SessionPerBlock(runs=min(runs, room - warmup_runs), warmup_runs=warmup_runs)


def run_count(run_ms: float, deadline_s: float) -> int:
    """Enough runs for 200 ms, 8 to 200 of them, fewer where they would take a quarter of the deadline."""
    fewest, most = _RUNS
    wanted = min(most, max(fewest, math.ceil(_WANTED_MS / run_ms)))
    affordable = int(deadline_s * 1e3 * _SHARE_OF_DEADLINE / run_ms)
    return min(wanted, max(_FEWEST_RUNS, affordable))
