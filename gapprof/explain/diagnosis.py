"""Who claims which part of the gap, and what nobody claims."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import gapprof.causes
from gapprof.explain.verdicts import verdict_on
from gapprof.facts.case import Case
from gapprof.facts.cells import complete_rounds
from gapprof.facts.claim import Cause, Claim, Part
from gapprof.facts.ladder import ends
from gapprof.facts.readings import read, same_trials
from gapprof.records.estimate import EFFECTS, Verdict
from gapprof.registry import load
from gapprof.stats.contrast import Contrast, add_weights
from gapprof.stats.interval import contrast_interval
from gapprof.stats.verdict import level_alone, ranks, simultaneous_level, verdict

CAUSES: Mapping[str, Cause] = MappingProxyType(load(gapprof.causes, "CAUSE"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One cause in this case. `contrast` is None where nothing of it was measured."""

    cause: Cause
    claim: Claim
    weights: Mapping[str, float]
    contrast: Contrast | None
    exercised: bool
    """False: every step it read joins two rungs that are one environment here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The whole attribution. Contrasts of findings plus `residual` are `gap`, round by round."""

    findings: tuple[Finding, ...]
    gap: Contrast | None
    residual_weights: Mapping[str, float]
    residual: Contrast | None
    ranks: Mapping[str, int]
    level: float
    """Simultaneous over the causes that were measured."""
    verdicts: Mapping[str, Verdict]
    """Of every cause, at that level."""
    measured_parts: int
    """Of all causes: they are judged together."""
    level_in: Mapping[str, float]
    """Cause → at which its parts are judged."""


def diagnose(case: Case) -> Diagnosis:
    """Ask every cause; the residual is what is left of the gap, whatever that turns out to be."""
    findings = tuple(_find(case, cause) for cause in CAUSES.values())
    first, last = case.get(ends)
    has_gap = bool(case.get(complete_rounds))
    total = {first: -1.0, last: 1.0} if has_gap else {}
    negated = ({rung: -w for rung, w in finding.weights.items()} for finding in findings)
    residual = add_weights((total, *negated)) if has_gap else {}
    exercised = {f.cause.id: f.contrast for f in findings if f.exercised and f.contrast is not None}
    level = simultaneous_level(len(exercised))
    parts = sum(counts(case, part) for f in findings for part in with_children(f.claim.parts))
    verdicts = {finding.cause.id: _verdict(finding, level) for finding in findings}
    return Diagnosis(
        findings=findings,
        gap=read(case, total) if has_gap else None,
        residual_weights=residual,
        residual=_residual(case, residual) if has_gap else None,
        ranks=ranks(exercised, level),
        level=level,
        verdicts=verdicts,
        measured_parts=parts,
        level_in={f.cause.id: level_within(f.contrast, level, parts) for f in findings},
    )


def level_within(cause: Contrast | None, level: float, measured: int) -> float:
    """At which parts of a cause are judged.

    A cause that waits for passes holds up no part: its rounds decide. One that was not measured has none that
    chance may name: they are those of a GPU, looked at where its calls were seen to stop or to compile.
    """
    named = cause is None or verdict(contrast_interval(cause, level)) in EFFECTS
    return simultaneous_level(measured) if named else level_alone(measured)


def counts(case: Case, part: Part) -> bool:
    """Whether a part was measured and is not an alias from end to end."""
    return part.applicable and any(not same_trials(case, step.source, step.to) for step in part.steps)


def _verdict(finding: Finding, level: float) -> Verdict:
    contrasts = (finding.contrast,) if finding.contrast else ()
    return verdict_on(finding.claim, contrasts, level, exercised=finding.exercised)


def with_children(parts: Iterable[Part]) -> Iterator[Part]:
    """Each, followed by what it is made of."""
    for part in parts:
        yield part
        yield from with_children(part.children)


def _find(case: Case, cause: Cause) -> Finding:
    claim = cause.claim(case)
    steps = [step for part in claim.parts for step in part.steps]
    contrast = read(case, claim.weights) if claim.weights else None
    if contrast is None and steps:
        contrast = read(case, {step.source: 0.0 for step in steps})
    return Finding(
        cause=cause,
        claim=claim,
        weights=claim.weights if contrast is not None else {},
        contrast=contrast,
        exercised=any(counts(case, part) for part in claim.parts),
    )


def _residual(case: Case, weights: Mapping[str, float]) -> Contrast:
    """Exactly 0 on every round where the causes claim everything."""
    contrast = read(case, weights) if weights else None
    return contrast or Contrast(dict.fromkeys(case.get(complete_rounds), 0.0))
