"""One model as the plain script timed it: what its file holds, and what is compared with a report."""

import math
from collections.abc import Mapping
from statistics import median

from msgspec import Struct

from gapprof import Report

WITHIN = 0.10
"""How far from the script's a ratio of the report may be, as a share of it."""
SIMD = "geometric mean: simd"


class Visit(Struct, frozen=True, kw_only=True):
    """One fresh process or browser."""

    runs_ms: tuple[float, ...]
    versions: dict[str, str]


class Corners(Struct, frozen=True, kw_only=True):
    """Every run of every rung."""

    model: str
    model_sha256: str
    threads: int
    began_utc: str
    cpu: str
    versions: dict[str, str]
    rounds: tuple[dict[str, tuple[float, ...]], ...]
    """Round by round, in the order of its visits: rung → its single runs, ms."""


class Compared(Corners, frozen=True, kw_only=True):
    """The same, with what the script and `explain` make of it."""

    by_itself: dict[str, float]
    """Ratio → as the script has it."""
    reported: dict[str, float]
    """The same ratios of the report."""


def compared(corners: Corners, report: Report) -> Compared:
    """Both sides' figures."""
    return Compared(
        **{name: getattr(corners, name) for name in Corners.__struct_fields__},
        by_itself=ratios(medians(corners)),
        reported=reported(report),
    )


def medians(corners: Corners) -> dict[str, float]:
    """Medians over rounds of each rung's median, ms: one launch with a bad luck of its own does not count."""
    rungs = sorted(corners.rounds[0])
    return {rung: median(median(one[rung]) for one in corners.rounds) for rung in rungs}


def ratios(ms: Mapping[str, float]) -> dict[str, float]:
    """The gap at equal threads, and what 128 bits cost: without native's layout, with it, in the middle."""
    rows = {
        "gap at equal threads": ms["web"] / ms["native-threads"],
        "128 bits / extended": ms["native-128"] / ms["native-extended"],
        "all-128 / native-threads": ms["native-all-128"] / ms["native-threads"],
    }
    return rows | {SIMD: math.sqrt(rows["128 bits / extended"] * rows["all-128 / native-threads"])}


def rungs_of(report: Report) -> dict[str, float]:
    """The rungs as the report has them, ms."""
    found = {row.id: row for row in report.rungs}
    targets = {name: found[row.alias_of or name] for name, row in found.items()}
    return {name: row.latency_ms.point for name, row in targets.items() if row.latency_ms is not None}


def reported(report: Report) -> dict[str, float]:
    """The same four as the report has them; `simd` as its first screen has it."""
    simd = next(row.factor for row in report.causes if row.id == "simd")
    if simd is None:
        raise ValueError("the report has no factor of simd: no instruction ceiling on this machine")
    return ratios(rungs_of(report)) | {SIMD: simd.point}


def apart(found: Compared) -> dict[str, float]:
    """How far the report's are from the script's, as shares of these."""
    return {what: found.reported[what] / own - 1 for what, own in found.by_itself.items()}
