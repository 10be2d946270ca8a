"""The figures of a report that can have a limit, by key."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from gapprof.digest.why import RESIDUAL_TITLE
from gapprof.explain.diagnosis import CAUSES
from gapprof.records.estimate import Estimate
from gapprof.records.report import Report

FACTOR = "factor."
RESIDUAL = "residual"


class Figure(NamedTuple):
    """What a limit is held against. Without an estimate, `why` says what is the matter."""

    title: str
    estimate: Estimate | None
    why: str = ""
    applicable: bool = True


def keys() -> tuple[str, ...]:
    """Every key there is."""
    return (*_WHOLE, *(FACTOR + name for name in factors()))


def factors() -> tuple[str, ...]:
    """What can stand behind `factor.`."""
    return (*CAUSES, RESIDUAL)


def unit(key: str) -> str:
    """`ms` or `x`."""
    return "ms" if key.endswith("_ms") else "x"


def figure(report: Report, key: str) -> Figure:
    """A figure by its key; of a known key only."""
    return _WHOLE[key](report) if key in _WHOLE else _factor(report, key.removeprefix(FACTOR))


def _factor(report: Report, name: str) -> Figure:
    if name == RESIDUAL:
        residual = report.residual
        return Figure(RESIDUAL_TITLE, residual.factor, "" if residual.factor else residual.why)
    for cause in report.causes:
        if cause.id == name:
            return Figure(cause.title, cause.factor, cause.why, cause.verdict != "not-applicable")
    return Figure(CAUSES[name].title, None, "the report does not know this cause")


def _total(report: Report) -> Figure:
    gap = report.gap
    return Figure("The gap", gap.ratio, "" if gap.ratio else gap.why)


def _web(report: Report) -> Figure:
    return _latency("In the browser", report.latency_ms.web)


def _native(report: Report) -> Figure:
    return _latency("Natively", report.latency_ms.native)


def _latency(title: str, estimate: Estimate | None) -> Figure:
    return Figure(title, estimate, "" if estimate else "that side gave no figure")


_WHOLE: Mapping[str, Callable[[Report], Figure]] = MappingProxyType(
    {"total_ratio": _total, "web_ms": _web, "native_ms": _native}
)
