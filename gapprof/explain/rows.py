"""From findings to the report's rows of causes, children and residual."""

from collections.abc import Iterable, Sequence
from typing import Literal

from gapprof.explain.diagnosis import Diagnosis, Finding, counts
from gapprof.explain.verdicts import verdict_on
from gapprof.facts.case import Case
from gapprof.facts.claim import Claim, Part
from gapprof.facts.estimates import factor, factor_of, part_ms, saving_ms, share
from gapprof.facts.ladder import is_native
from gapprof.facts.readings import read, read_apart
from gapprof.records.estimate import EFFECTS, Estimate, Verdict
from gapprof.records.report import CauseRow, ContrastRow, Residual
from gapprof.stats.contrast import FEWEST_PASSES, Contrast, add_weights
from gapprof.stats.interval import t_interval
from gapprof.stats.verdict import ALONE, SMALLEST_EFFECT, simultaneous_level
from gapprof.text import numbers

_NOT_ALONE = (
    f"its cause as a whole is not beyond doubt, and this part alone is not at {numbers.confidence(ALONE)}"
)


def cause_rows(case: Case, diagnosis: Diagnosis) -> tuple[CauseRow, ...]:
    """Every cause there is: by rank, then what was not exercised, then what was not measured."""
    rows = [_cause_row(case, diagnosis, finding) for finding in diagnosis.findings]
    return tuple(sorted(rows, key=_place))


def residual_row(case: Case, diagnosis: Diagnosis, why: str) -> Residual:
    """What no cause claims. Never spread over the causes, and of either sign."""
    contrast = diagnosis.residual
    return Residual(
        factor=factor_of(contrast) if contrast else None,
        ms=part_ms(case, contrast) if contrast else None,
        share=share(case, contrast) if contrast and gap_is_resolved(diagnosis) else None,
        weights=dict(diagnosis.residual_weights),
        why=why,
    )


def gap_is_resolved(diagnosis: Diagnosis) -> bool:
    """Whether web and native can be told apart; a share of nothing is no number."""
    return diagnosis.gap is not None and not t_interval(diagnosis.gap.values).holds(0.0)


def web_contrasts(case: Case, parts: Iterable[Part]) -> tuple[Contrast, ...]:
    """The parts' changes with all else as the web has it: what a saving is computed from."""
    steps = [step for part in parts for step in (part.steps if part.web_steps is None else part.web_steps)]
    if not steps:
        return ()
    whole = read(case, add_weights(step.weights for step in steps))
    return (whole,) if whole else read_apart(case, (step.weights for step in steps))


def _cause_row(case: Case, diagnosis: Diagnosis, finding: Finding) -> CauseRow:
    cause, claim = finding.cause, finding.claim
    contrasts = (finding.contrast,) if finding.contrast else ()
    said = diagnosis.verdicts[cause.id]
    lone = len(claim.parts) == 1 and claim.parts[0].id == cause.id
    return CauseRow(
        id=cause.id,
        title=cause.title,
        rank=diagnosis.ranks.get(cause.id),
        **_figures(case, diagnosis, contrasts, claim.parts),
        verdict=said,
        why=_why(claim, said, finding.contrast),
        method=claim.method,
        weights=dict(finding.weights),
        contrasts=_contrast_rows(case, claim.parts),
        children=() if lone else tuple(_child_row(case, diagnosis, finding, part) for part in claim.parts),
        evidence=claim.evidence + (claim.parts[0].evidence if lone else ()),
        owner=cause.owner,
        advice=claim.advice or cause.advice,
    )


def _child_row(case: Case, diagnosis: Diagnosis, finding: Finding, part: Part) -> CauseRow:
    contrasts = read_apart(case, (step.weights for step in part.steps))
    claim = Claim(parts=(part,), method=finding.claim.method, applicable=part.applicable)
    exercised = counts(case, part)
    said = verdict_on(claim, contrasts, diagnosis.level_in[finding.cause.id], exercised=exercised)
    beside_its_cause = verdict_on(
        claim, contrasts, simultaneous_level(diagnosis.measured_parts), exercised=exercised
    )
    return CauseRow(
        id=part.id,
        title=part.title,
        rank=None,
        **_figures(case, diagnosis, contrasts, (part,)),
        verdict=said,
        why=_child_why(part, said, beside_its_cause, contrasts),
        method=finding.claim.method,
        weights=part.weights if contrasts else {},
        contrasts=_contrast_rows(case, (part,)),
        children=tuple(_child_row(case, diagnosis, finding, child) for child in part.children),
        evidence=part.evidence,
        owner=part.owner or finding.cause.owner,
        advice=part.advice or finding.cause.advice,
    )


def _figures(
    case: Case, diagnosis: Diagnosis, contrasts: Sequence[Contrast], parts: tuple[Part, ...]
) -> dict[str, Estimate | None]:
    if not contrasts:
        return dict.fromkeys(("factor", "ms", "share", "saving_ms"))
    on_the_web = web_contrasts(case, parts)
    return {
        "factor": factor_of(*contrasts),
        "ms": part_ms(case, *contrasts),
        "share": share(case, *contrasts) if gap_is_resolved(diagnosis) else None,
        "saving_ms": saving_ms(case, *on_the_web) if on_the_web else None,
    }


def _contrast_rows(case: Case, parts: tuple[Part, ...]) -> tuple[ContrastRow, ...]:
    """Every step that the parts read or take their saving from, each once."""
    pairs = dict.fromkeys(
        (step.source, step.to) for part in parts for step in (*part.steps, *(part.web_steps or ()))
    )
    rows = []
    for source, to in pairs:
        found = factor(case, source, to)
        native = is_native(case, source) and is_native(case, to)
        if found is not None:
            side: Literal["native", "web"] = "native" if native else "web"
            rows.append(ContrastRow(source=source, target=to, side=side, factor=found))
    return tuple(rows)


def _why(claim: Claim, said: Verdict, contrast: Contrast | None) -> str:
    """What the figures do not say by themselves; for a null, the reason of it."""
    reasons = [claim.why] if claim.why else []
    if len(claim.parts) > 1:
        reasons += [f"{part.title}: {part.why}" for part in claim.parts if not part.steps]
    if said == "unclear" and contrast is not None:
        reasons.append(_unclear(contrast))
    return "; ".join(dict.fromkeys(reasons))


def _child_why(part: Part, said: Verdict, beside_its_cause: Verdict, contrasts: Sequence[Contrast]) -> str:
    """`beside_its_cause`: what would be said of it if its cause itself cost or saved."""
    few = [one for one in contrasts if one.lacks_passes] if said == "unclear" else []
    alone = _NOT_ALONE if said == "unclear" and beside_its_cause in EFFECTS else ""
    return "; ".join(dict.fromkeys(reason for reason in (part.why, *map(_unclear, few), alone) if reason))


def _unclear(contrast: Contrast) -> str:
    if len(contrast.values) < 2:
        return "one round alone has no interval"
    if contrast.lacks_passes:
        return (
            f"part of it comes from separate passes, {len(contrast.by_pass)} so far; {FEWEST_PASSES} decide"
        )
    if abs(contrast.mean) <= SMALLEST_EFFECT:
        return f"within {numbers.percent(SMALLEST_EFFECT)} of nothing"
    return "its interval, held simultaneously with the other causes', includes 1"


def _place(row: CauseRow) -> tuple[int, float, float, str]:
    order = ("costs", "saves", "unclear", "not-applicable", "not-measured")
    group = max(0, order.index(row.verdict) - 2)
    return (
        group if row.rank is None else 0,
        row.rank or 0,
        -(row.factor.point if row.factor else 0.0),
        row.id,
    )
