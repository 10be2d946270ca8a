"""Which figures of two reports are one figure measured twice, and why the others are not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from msgspec.structs import replace

from gapprof.digest.why import RESIDUAL_TITLE
from gapprof.facts.computed import KERNELS, VECTORISED
from gapprof.facts.contention import QUIET
from gapprof.facts.page_rungs import OUTSIDE
from gapprof.facts.wasm import SCALAR_BUILD
from gapprof.records.estimate import Estimate
from gapprof.records.report import CauseRow, Report, with_descendants
from gapprof.stats.contrast import FEWEST_PASSES, Weights, add_weights

_DUST = 1e-9
_Alike = Mapping[str, str]
"""Rung → the rung whose place it has."""
_OUTSIDE: _Alike = MappingProxyType({OUTSIDE: QUIET})
"""Wherever load from outside the browser stands: the page's own begins on the quiet page or behind that load,
which is what no cause claims."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A figure before and after. `why` says what keeps them from being compared; empty: nothing does."""

    id: str
    title: str
    unit: Literal["ms", "times"] = "times"
    before: Estimate | None
    after: Estimate | None
    passes: tuple[int, int] = (0, 0)
    """Profiled passes that each stands on beside its rounds."""
    why: str = ""
    applicable: bool = True
    """Whether it is exercised in either run."""
    children: tuple["Pair", ...] = ()


def latency_pairs(before: Report, after: Report) -> tuple[Pair, ...]:
    """The two ends of the ladder."""
    a, b = before.latency_ms, after.latency_ms
    return (
        _whole("web", "In the browser", "ms", a.web, b.web),
        _whole("native", "Natively", "ms", a.native, b.native),
    )


def gap_pair(before: Report, after: Report) -> Pair:
    """How many times slower the browser is."""
    return _whole("gap", "The gap", "times", before.gap.ratio, after.gap.ratio)


def cause_pairs(before: Report, after: Report) -> tuple[Pair, ...]:
    """Every cause that either report has, in the second one's order."""
    return tuple(
        _cause(a, b, before, after, children=tuple(_children(a, b, before, after)))
        for a, b in _matched(before.causes, after.causes)
    )


def residual_pair(before: Report, after: Report) -> Pair:
    """What no cause claims: one figure only where it lies in the same steps. Load from outside the browser is
    among it, and may be more in one run than in the other."""
    a, b = before.residual, after.residual
    alike = _alike(before, after)
    why = _missing(a.factor, b.factor) or _other_steps(_step(a.weights, alike), _step(b.weights, alike))
    passes = _passes(before, a.weights), _passes(after, b.weights)
    return Pair(
        id="residual",
        title=RESIDUAL_TITLE,
        before=a.factor,
        after=b.factor,
        passes=passes,
        why=why or _undecided(a.factor, b.factor, passes),
    )


def _whole(
    name: str, title: str, unit: Literal["ms", "times"], a: Estimate | None, b: Estimate | None
) -> Pair:
    why = _missing(a, b) or _undecided(a, b, (0, 0))
    return Pair(id=name, title=title, unit=unit, before=a, after=b, why=why)


def _children(a: CauseRow | None, b: CauseRow | None, before: Report, after: Report) -> Iterator[Pair]:
    rows = a.children if a else (), b.children if b else ()
    for one, other in _matched(*rows):
        yield _cause(one or _as_nothing(other, before), other or _as_nothing(one, after), before, after)


def _as_nothing(row: CauseRow | None, report: Report) -> CauseRow | None:
    """What a build with SIMD loses by having none: exactly nothing, which is a figure."""
    if row is None or row.id != SCALAR_BUILD or not _has_simd(report):
        return None
    nothing = Estimate(point=1.0, low=1.0, high=1.0, level=0.95, rounds=report.rounds)
    return replace(row, factor=nothing, weights={}, verdict="not-applicable")


def _matched(
    before: Sequence[CauseRow], after: Sequence[CauseRow]
) -> Iterator[tuple[CauseRow | None, CauseRow | None]]:
    old, new = ({row.id: row for row in rows} for rows in (before, after))
    yield from ((old.get(name), new.get(name)) for name in dict.fromkeys((*new, *old)))


def _cause(
    a: CauseRow | None, b: CauseRow | None, before: Report, after: Report, children: tuple[Pair, ...] = ()
) -> Pair:
    row = b or a
    if row is None:
        raise ValueError("a cause of neither report")
    factors = a.factor if a else None, b.factor if b else None
    passes = _passes(before, a.weights if a else {}), _passes(after, b.weights if b else {})
    applicable = any(one is not None and one.verdict != "not-applicable" for one in (a, b))
    return Pair(
        id=row.id,
        title=row.title,
        before=factors[0],
        after=factors[1],
        passes=passes,
        why=(
            (_apart(a, b, _alike(before, after)) or _undecided(*factors, passes))
            if applicable
            else row.why or "not exercised"
        ),
        applicable=applicable,
        children=children,
    )


def _apart(a: CauseRow | None, b: CauseRow | None, alike: _Alike) -> str:
    """Why two rows of one name are not one quantity."""
    if a is None or b is None:
        return f"only the {'second' if a is None else 'first'} report knows this cause"
    lost = [(when, row) for when, row in (("before", a), ("after", b)) if row.factor is None]
    if lost:
        return "; ".join(f"not measured {when}: {row.why or 'no figure'}" for when, row in lost)
    if a.method != b.method:
        return f"{a.method} before, {b.method} after"
    return _other_steps(_step(a.weights, alike), _step(b.weights, alike))


def _step(weights: Weights, alike: _Alike) -> dict[str, float]:
    """Which step a weight vector reads, with rungs that have one place taken for one."""
    moved = ({into: weights.get(rung, 0.0), rung: -weights.get(rung, 0.0)} for rung, into in alike.items())
    return add_weights((weights, *moved))


def _alike(before: Report, after: Report) -> _Alike:
    """A build with SIMD is itself what it would be if it had SIMD: what another lost by having none stands in
    one place for both."""
    either = _has_simd(before) or _has_simd(after)
    return {**_OUTSIDE, VECTORISED: KERNELS} if either else _OUTSIDE


def _has_simd(report: Report) -> bool:
    """Of one that says which wasm was served; a build that has lost SIMD has a row about it."""
    return "wasm" in report.versions and all(
        row.id != SCALAR_BUILD for row in with_descendants(report.causes)
    )


def _missing(a: Estimate | None, b: Estimate | None) -> str:
    if a is None and b is None:
        return "not measured in either run"
    return "not measured before" if a is None else "not measured after" if b is None else ""


def _other_steps(a: dict[str, float], b: dict[str, float]) -> str:
    """Equal weights over rungs are what makes a contrast the same contrast."""
    if all(abs(a.get(rung, 0.0) - b.get(rung, 0.0)) <= _DUST for rung in a.keys() | b.keys()):
        return ""
    return "it was read off other steps of the ladder than before"


def _undecided(a: Estimate | None, b: Estimate | None, passes: tuple[int, int]) -> str:
    for when, estimate, count in (("before", a, passes[0]), ("after", b, passes[1])):
        if estimate is not None and estimate.rounds < 2:
            return f"one round alone has no interval ({when})"
        if 0 < count < FEWEST_PASSES:
            return f"part of it comes from separate passes, {count} {when}; {FEWEST_PASSES} decide"
    return ""


def _passes(report: Report, weights: dict[str, float]) -> int:
    """0 where every rung was measured itself. Reports before 1.1 do not say; then the fewest that decide."""
    step = _step(weights, _OUTSIDE)
    measured = {sample.rung for sample in report.samples}
    measured |= {rung.id for rung in report.rungs if rung.alias_of is not None}
    if step.keys() <= measured:
        return 0
    return FEWEST_PASSES if report.passes is None else report.passes
