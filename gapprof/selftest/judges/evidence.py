"""What a judge looks at: a plant's report, the clean ladder's, and how far two contrasts are apart."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gapprof.explain.diagnosis import Diagnosis, Finding, counts, diagnose, with_children
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.estimates import estimate
from gapprof.facts.readings import read
from gapprof.records.estimate import Estimate
from gapprof.records.recording import Recording
from gapprof.records.report import Report
from gapprof.records.trial import Trial
from gapprof.selftest.assemble import recording_of
from gapprof.selftest.plan import Laid
from gapprof.stats.contrast import Contrast, weighted_passes
from gapprof.stats.interval import Interval, contrast_interval, exponential
from gapprof.stats.verdict import SMALLEST_EFFECT

LEVEL = 0.999
"""Of every row: a dozen of them, three runs in a row, and a sound gapprof still passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One ladder as `explain` sees it."""

    case: Case
    report: Report

    @property
    def diagnosis(self) -> Diagnosis:
        """The attribution behind the report."""
        return self.case.get(diagnose)

    @property
    def headlines(self) -> Mapping[str, Contrast]:
        """Cause → ln of its factor, of causes that were measured and exercised."""
        return {
            one.cause.id: one.contrast
            for one in self.diagnosis.findings
            if one.exercised and one.contrast is not None
        }

    @property
    def parts(self) -> Mapping[str, Contrast]:
        """The same of the parts of all causes, by cause and part."""
        return {
            f"{one.cause.id}/{part.id}": contrast
            for one in self.diagnosis.findings
            for part in with_children(one.claim.parts)
            if counts(self.case, part)
            if (contrast := read(self.case, part.weights)) is not None
        }

    def finding(self, cause: str) -> Finding:
        """What the report's row of a cause is made of."""
        return next(one for one in self.diagnosis.findings if one.cause.id == cause)

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Timed ones, struck ones included."""
        return tuple(trial for trial in self.case.recording.of(Trial) if trial.round >= 0)


def worthless(here: Evidence) -> Iterator[str]:
    """Why the times of a report do not compare, if they do not."""
    if here.report.status in ("failed", "outputs-differ"):
        yield f"the report is {here.report.status}: {here.report.status_why}"


def evidence(laid: Laid, journal: Recording) -> Evidence:
    """The plant's recording through the real analysis."""
    recording = recording_of(laid, journal)
    return Evidence(case=Case(recording), report=build(recording))


def apart(a: Contrast, b: Contrast) -> Contrast | None:
    """a - b, round by round, over the rounds that both have."""
    return combined(((1.0, a), (-1.0, b)))


def combined(terms: Iterable[tuple[float, Contrast]]) -> Contrast | None:
    """Sum of weight x contrast, round by round, over the rounds that all have; None where there is none."""
    found = tuple(terms)
    shared = set.intersection(*(set(one.by_round) for _, one in found)) if found else set()
    if not shared:
        return None
    by_round = {
        number: math.fsum(weight * one.by_round[number] for weight, one in found) for number in sorted(shared)
    }
    return Contrast(by_round, weighted_passes((weight, one.by_pass) for weight, one in found))


def beyond_doubt(contrast: Contrast, level: float = LEVEL) -> bool:
    """Whether it is neither nothing nor too small to be called an effect."""
    interval = contrast_interval(contrast, level)
    return not interval.holds(0.0) and abs(interval.point) > SMALLEST_EFFECT


def larger_beyond_doubt(a: Contrast, b: Contrast) -> bool:
    """Whether a is."""
    difference = apart(a, b)
    return difference is not None and difference.mean > 0 and beyond_doubt(difference)


def factor(contrast: Contrast | None) -> Estimate | None:
    """As a row shows it, with the interval by which it is judged."""
    return None if contrast is None else estimate(exponential(interval(contrast)))


def interval(contrast: Contrast) -> Interval:
    """Of ln(factor), at the level of a row."""
    return contrast_interval(contrast, LEVEL)
