"""Whether the report may be believed, and why not."""

import math
from collections.abc import Iterable, Mapping
from typing import Literal

from gapprof.explain.diagnosis import Diagnosis
from gapprof.explain.outputs import outputs_differ
from gapprof.facts.case import Case
from gapprof.facts.cells import measured, standing
from gapprof.facts.ladder import ends, is_native, planned
from gapprof.facts.steps import absence
from gapprof.records.recording import RoundStarted
from gapprof.records.report import CheckRow
from gapprof.records.trial import Failure
from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import t_interval
from gapprof.stats.verdict import difference
from gapprof.text.names import harmless

Status = Literal["ok", "partial", "unreliable", "outputs-differ", "failed"]

REASON = 300
"""Characters of what a side said that are quoted."""
GIVEN_UP = 2
"""Rounds running without a figure, after which a rung is not visited again; a single one may be chance."""
TOO_WIDE = 3.0
"""Times the wanted precision; an undecided first rank within it is a fine answer."""


def status(case: Case, diagnosis: Diagnosis, checks: Iterable[CheckRow]) -> tuple[Status, str]:
    """The first that applies, worst first, with its reason in one sentence."""
    if diagnosis.gap is None:
        return "failed", missing_side(case)
    failed = [check for check in checks if check.status == "fail"]
    if outputs_differ(case):
        return "outputs-differ", next(c.text for c in failed if c.id == "outputs")
    harness = [check for check in failed if check.kind == "harness"]
    if harness:
        return "unreliable", harness[0].text
    contrasts = {f.cause.id: f.contrast for f in diagnosis.findings if f.exercised and f.contrast is not None}
    doubt = undecided(diagnosis.gap, contrasts, case.recording.begin.settings.precision_percent)
    if doubt:
        return "unreliable", doubt
    gaps = _missing(case)
    return ("partial", gaps) if gaps else ("ok", "")


def missing_side(case: Case) -> str:
    """Which side gave no figure, and what it said."""
    first, last = case.get(ends)
    cells = case.get(measured)
    lost = [rung for rung in (first, last) if not cells.get(rung)]
    if not lost:
        return "no round has a figure of both sides"
    reasons = []
    for rung in lost:
        side = "native" if is_native(case, rung) else "the browser"
        said = _last_failure(case, native=is_native(case, rung))
        reasons.append(f"{side} gave no figure: {said or absence(case, rung)}")
    return "; ".join(reasons)


def _last_failure(case: Case, *, native: bool) -> str | None:
    found = [entry for entry in case.recording.of(Failure) if is_native(case, entry.rung) == native]
    # What the model itself makes impossible tells more than a crash that came of it.
    found.sort(key=lambda entry: entry.kind == "model")
    return harmless(found[-1].message, REASON) if found else None


def undecided(gap: Contrast, contrasts: Mapping[str, Contrast], precision_percent: float) -> str | None:
    """Whether noise, wider than three times the wanted precision, hides the gap or which cause is largest."""
    if len(gap.values) < 2:
        return "a single complete round has no interval"
    widest = TOO_WIDE * math.log1p(precision_percent / 100)
    whole = t_interval(gap.values)
    if whole.holds(0.0) and whole.half_width > widest:
        return "noise hides whether web and native differ at all"
    largest = sorted(contrasts, key=lambda cause: -contrasts[cause].mean)[:2]
    if len(largest) == 2:
        apart = difference(contrasts[largest[0]], contrasts[largest[1]], 0.95)
        if apart.holds(0.0) and apart.half_width > widest:
            return f"noise hides which is the largest cause, {largest[0]} or {largest[1]}"
    return None


def _missing(case: Case) -> str | None:
    """Main rungs that this run wanted and did not get, or gave up, or a recording that was cut off."""
    there = case.get(standing)
    lost = [
        rung
        for rung, step in case.get(planned).items()
        if step.rung.role != "side" and step.refusal is None and step.planned and rung not in there
    ]
    if lost:
        return "; ".join(f"{rung} has no figure: {harmless(absence(case, rung), 160)}" for rung in lost)
    gone = _given_up(case)
    if gone:
        return "; ".join(
            f"{rung} failed in its last {GIVEN_UP} rounds: {harmless(failure.message, 160)}"
            for rung, failure in gone.items()
        )
    end = case.recording.end
    if end is None:
        return "the recording ends before the run did"
    if end.reason in ("interrupted", "failed"):
        return f"the run was {end.reason}{': ' + end.text if end.text else ''}"
    return None


def _given_up(case: Case) -> Mapping[str, Failure]:
    """Main rung → its last failure, where the last rounds in which it was visited brought nothing else.

    Whatever it gave before stands, but the run had to end without it.
    """
    found: dict[str, Failure] = {}
    rounds = tuple(case.recording.of(RoundStarted))
    for rung, step in case.get(planned).items():
        last = [one.round for one in rounds if rung in one.order][-GIVEN_UP:]
        failures = {one.round: one for one in case.recording.of(Failure) if one.rung == rung}
        counted = case.get(measured).get(rung, {})
        if (
            step.rung.role != "side"
            and len(last) == GIVEN_UP
            and all(one in failures and one not in counted for one in last)
        ):
            found[rung] = failures[last[-1]]
    return found
