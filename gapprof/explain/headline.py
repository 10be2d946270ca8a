"""The one sentence: how much slower, what comes with what, what the reader can win back."""

import math
from collections.abc import Sequence

from gapprof.explain.diagnosis import Diagnosis, Finding
from gapprof.explain.residual import outside_part
from gapprof.explain.rows import gap_is_resolved
from gapprof.facts.case import Case
from gapprof.facts.estimates import factor_of
from gapprof.facts.ladder import ends, planned
from gapprof.facts.readings import read_apart
from gapprof.records.report import Action, CauseRow, Gap, LatencyPair, Residual
from gapprof.text import numbers

_MOST_CAUSES = 3
_SMALLEST = 1.05
CARRIES = 0.8
"""A child that makes up this much of its cause speaks for it."""


def headline(
    case: Case,
    diagnosis: Diagnosis,
    rows: Sequence[CauseRow],
    gap: Gap,
    residual: Residual,
    actions: Sequence[Action],
) -> str:
    """Of a report that has a gap."""
    if gap.ratio is None:
        return gap.why
    if not gap_is_resolved(diagnosis):
        told = numbers.factor_with_interval(gap.ratio)
        return f"No difference between browser and native is resolved: {told}."
    ratio = gap.ratio.point
    if ratio < 1:
        return f"{numbers.factor(1 / ratio)} faster in the browser than natively."
    parts = _parts(case, diagnosis, rows, residual)
    told = f": {', '.join(parts)}" if parts else ""
    return f"{numbers.factor(ratio)} slower in the browser{told}; {_change(actions)}."


def headline_of_replays(
    case: Case,
    diagnosis: Diagnosis,
    rows: Sequence[CauseRow],
    residual: Residual,
    actions: Sequence[Action],
) -> str:
    """Where nothing native ran on the GPU: how the page compares with where the chain begins: a replay of its
    calls, or the library's own runs in it."""
    if diagnosis.gap is None:
        return "No report: the page, or what it would be compared with, gave no figure."
    whole, first = factor_of(diagnosis.gap), case.get(ends)[0]
    begin = case.get(planned)[first].rung.title
    if not gap_is_resolved(diagnosis):
        told = numbers.factor_with_interval(whole)
        return f'The page and "{begin}" cannot be told apart: {told}.'
    if whole.point < 1:
        return f'The page is {numbers.factor(1 / whole.point)} faster than "{begin}".'
    parts = _parts(case, diagnosis, rows, residual)
    told = f": {', '.join(parts)}" if parts else ""
    return f'The page takes {numbers.factor(whole.point)} what "{begin}" takes{told}; {_change(actions)}.'


def one_sided_headline(latency: LatencyPair, why: str) -> str:
    """Where only one side, or none, could run the model."""
    if latency.native is not None:
        return f"No ratio: {why}. Native takes {numbers.ms_with_interval(latency.native)}."
    if latency.web is not None:
        return f"No ratio: {why}. The browser takes {numbers.ms_with_interval(latency.web)}."
    return f"No report: {why}."


def _parts(case: Case, diagnosis: Diagnosis, rows: Sequence[CauseRow], residual: Residual) -> list[str]:
    findings = {finding.cause.id: finding for finding in diagnosis.findings}
    sized = [part for row in rows for part in _of_row(case, row, findings[row.id])]
    sized += _unclaimed(case, diagnosis, residual)
    sized.sort(key=lambda part: -part[0])
    return [f"{numbers.factor(size)} {phrase}" for size, phrase in sized[:_MOST_CAUSES]]


def _unclaimed(case: Case, diagnosis: Diagnosis, residual: Residual) -> list[tuple[float, str]]:
    """What nobody claims, and apart from it load from outside the browser, which is nobody's."""
    outside = outside_part(case, diagnosis)
    parts = [(residual.factor, "is not separated yet")]
    if outside is not None and diagnosis.residual is not None:
        left = factor_of(diagnosis.residual - outside)
        parts = [(left, "is not separated yet"), (factor_of(outside), "is load from outside the browser")]
    return [
        (size.point, phrase)
        for size, phrase in parts
        if size is not None and size.low > 1 and size.point >= _SMALLEST
    ]


def _of_row(case: Case, row: CauseRow, finding: Finding) -> list[tuple[float, str]]:
    """A cause, and apart from it what the page could mend: a build without SIMD is no processor's fault."""
    if row.verdict != "costs" or row.factor is None or row.factor.point < _SMALLEST:
        return []
    phrases = {part.id: part.phrase for part in finding.claim.parts}
    others = [
        (child.factor.point, phrases[child.id])
        for child in row.children
        if child.owner == "page" != row.owner and child.verdict == "costs" and child.factor is not None
    ]
    if not others:
        return [(row.factor.point, _phrase(case, finding))]
    rest = row.factor.point / math.prod(size for size, _ in others)
    return [(rest, _own_phrase(finding)), *others] if rest >= _SMALLEST else others


def _phrase(case: Case, finding: Finding) -> str:
    """The cause's own words, or those of a child that is nearly all of it."""
    whole = finding.contrast.mean if finding.contrast else 0.0
    for part in finding.claim.parts:
        contrasts = read_apart(case, (step.weights for step in part.steps)) if part.phrase else ()
        if contrasts and CARRIES * whole <= sum(one.mean for one in contrasts) <= whole / CARRIES:
            return part.phrase
    return _own_phrase(finding)


def _own_phrase(finding: Finding) -> str:
    return finding.claim.phrase or finding.cause.phrase


def _change(actions: Sequence[Action]) -> str:
    if not actions:
        return "no change open to you was found to help beyond doubt"
    best = actions[0]
    won = numbers.factor(best.now_ms.point / best.then_ms.point)
    wins = "wins" if best.basis == "measured" else "would win"
    return f"the best change open to you {wins} back {won}"
