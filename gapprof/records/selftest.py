"""What `gapprof selftest --json` writes: planted against found, row by row."""

from typing import Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate
from gapprof.records.recording import MachineFacts
from gapprof.records.report import Tool

SCHEMA = "gapprof/selftest"
SCHEMA_VERSION = "1.1"


class SelftestRow(Struct, frozen=True, kw_only=True):
    """One thing that was planted, and what gapprof's report of it said."""

    plant: str
    title: str
    cause: str | None
    """`runtime`, or `runtime/flags` for a child; None where no single cause is meant."""
    planted: Estimate | None
    """How many times slower by the direct A/B; None where nothing with a size was planted."""
    found: Estimate | None
    """The same by the report, on the web's side of the ladder; the gap, where nothing was planted."""
    headline: Estimate | None
    """The cause's own factor in the report of this plant."""
    said: str
    """Planted and found, in words, where they are no factors."""
    status: Literal["pass", "fail", "vague", "impossible"]
    """`vague`: nothing contradicts it, and the intervals are too wide to (since 1.1); `impossible`: this
    machine cannot show it. `why` says the reason."""
    why: str


class Selftest(Struct, frozen=True, kw_only=True):
    """One run. Intervals of `planted`, `found` and `headline` are at `level`, by which rows are judged."""

    schema: str = SCHEMA
    schema_version: str = SCHEMA_VERSION
    status: Literal["passed", "failed", "unreliable", "interrupted", "unusable"]
    """`unreliable`: no row fails, and one is vague (since 1.1). `interrupted`: before its last round, so
    without rows. `unusable`: this machine lacks something, or makes every row impossible."""
    why: str = ""
    """Why nothing could be planted; else how many rows this machine cannot show, if there are any: a run
    passes without them."""
    tool: Tool
    machine: MachineFacts
    began_utc: str
    seed: int
    rounds: int
    environments: int
    """Visited in every round, but in further ones, which visit what vague rows stand on (since 1.1)."""
    took_s: float
    level: float
    rows: tuple[SelftestRow, ...]
