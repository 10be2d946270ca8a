"""Threads, places and isolation. A part of the report."""

from typing import Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate, Verdict


class CellRow(Struct, frozen=True, kw_only=True):
    """One way to run the model, as it came out."""

    id: str
    side: Literal["native", "web"]
    threads: int
    """That were asked for."""
    obtained_threads: int | None
    where: Literal["process", "main", "worker", "proxy"]
    isolated: bool | None
    """None natively."""
    spinning: Literal["default", "on", "off"]
    build: str
    ms: Estimate | None
    """From request to result in the page, of one run natively. None with `why`."""
    cpu_ms: Estimate | None
    """CPU time of all threads for each run. None where the system does not say."""
    speed_up: Estimate | None
    """Times as fast as with one thread; of the thread curves alone."""
    efficiency: Estimate | None
    """`speed_up` over `threads`."""
    why: str = ""


class CellEffect(Struct, frozen=True, kw_only=True):
    """Two cells that differ in one thing. None with `why`."""

    id: str
    """`oversubscription`, `spinning`, `worker`, `proxy`, `no-isolation`."""
    side: Literal["native", "web"]
    figure: Literal["latency", "cpu"]
    cell: str
    other: str
    factor: Estimate | None
    """Times as much as `other` takes."""
    verdict: Verdict
    why: str = ""


class Recommendation(Struct, frozen=True, kw_only=True):
    """The fastest cell that a page's owner can choose, and what came of it when it was visited again."""

    cell: str
    now_ms: Estimate | None
    """The page as deployed, in the rounds that verify; so are the three after it."""
    predicted_ms: Estimate | None
    measured_ms: Estimate | None
    gain: Estimate | None
    """Times as fast as the page as deployed."""
    explored_gain: Estimate
    """The same in the rounds from which it was chosen; the fastest of many looks faster than it is."""
    ratio: Estimate | None
    """Measured over predicted, 1 where the prediction came true."""
    prediction: Literal["holds", "fails"] | None
    """`holds`: within 5 %, or the interval of `ratio` holds 1. None: it was not visited again."""
    why: str = ""


class Scaling(Struct, frozen=True, kw_only=True):
    """Threads, places and isolation (`--scaling`)."""

    cores: int
    deployed: str
    """The cell that is the page as it is."""
    rounds: int
    verifying_rounds: int
    visits: int
    """That count, of all cells."""
    disturbed_visits: int
    """While which other programs were at work. Many threads suffer from that more than one does."""
    cells: tuple[CellRow, ...]
    effects: tuple[CellEffect, ...]
    recommendation: Recommendation | None
    """None: no cell was faster than the page as deployed beyond doubt. One that was has yet to prove it: see
    `prediction`, and whether `gain` clears 1."""
