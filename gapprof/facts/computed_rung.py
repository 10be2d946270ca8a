"""A rung that no environment can give, and the two ways to compute one from another."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import fmean, median
from types import MappingProxyType

from gapprof.facts.case import Case
from gapprof.facts.cells import measured, standing


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedRung:
    """Latencies by round, and where they come from."""

    id: str
    title: str
    changes: str
    derived_from: str
    by_round_ms: Mapping[int, float]
    by_pass: Mapping[int, float] = field(default_factory=dict)
    """Round of a profiled pass → what it alone contributes to ln(latency), for how far passes differ."""


def derived(
    case: Case,
    source: str,
    of: Callable[[float], float],
    *,
    rung_id: str,
    title: str,
    changes: str,
    passes_ms: Mapping[int, float] = MappingProxyType({}),
) -> Iterator[ComputedRung]:
    """A rung computed from a measured one round by round; none where a single figure would not be positive.

    `passes_ms`: what each profiled pass says is to be taken off; ln(latency) moves by -1/latency for each ms.
    """
    if source not in case.get(standing):
        return
    by_round = {number: of(latency) for number, latency in case.get(measured)[source].items()}
    if min(by_round.values()) > 0:
        slope = -fmean(1 / latency for latency in by_round.values())
        yield ComputedRung(
            id=rung_id,
            title=title,
            changes=changes,
            derived_from=source,
            by_round_ms=by_round,
            by_pass={number: slope * ms for number, ms in passes_ms.items()},
        )


def without(
    source: ComputedRung,
    shares: Mapping[int, float],
    of_ms: Mapping[int, float],
    *,
    rung_id: str,
    title: str,
    changes: str,
) -> Iterator[ComputedRung]:
    """A computed rung less a share of `of_ms`, which has its rounds; none where nothing would be left.

    `shares`: what each profiled pass says it is; the median is taken off, and how they differ is kept.
    """
    share = median(shares.values())
    by_round_ms = {number: value - share * of_ms[number] for number, value in source.by_round_ms.items()}
    if min(by_round_ms.values()) > 0:
        slope = -fmean(of_ms[number] / value for number, value in by_round_ms.items())
        yield ComputedRung(
            id=rung_id,
            title=title,
            changes=changes,
            derived_from=source.id,
            by_round_ms=by_round_ms,
            by_pass=_added(source.by_pass, {number: slope * one for number, one in shares.items()}),
        )


def _added(some: Mapping[int, float], others: Mapping[int, float]) -> dict[int, float]:
    """Where no pass has both, a single one is left: too few to decide on."""
    shared = sorted(some.keys() & others.keys())
    return {n: some[n] + others[n] for n in shared} or {0: fmean(some.values()) + fmean(others.values())}
