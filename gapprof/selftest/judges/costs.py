"""A planted cost: the right cause and child find it, with its size, its sign and its rank."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gapprof.explain.rows import web_contrasts
from gapprof.facts.claim import Part
from gapprof.records.report import CauseRow
from gapprof.selftest.judges.evidence import Evidence, worthless
from gapprof.selftest.judges.expected import expected_ln
from gapprof.selftest.judges.rank import rank_faults
from gapprof.selftest.judges.size import size_faults, size_figures
from gapprof.selftest.judges.width import Bounded, bounded
from gapprof.selftest.plant import Costs
from gapprof.stats.contrast import Contrast, add_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where the planted child stands in a report."""

    contrast: Contrast | None
    """On the web's side of the ladder: what the saving is computed from."""
    headline: Contrast | None
    row: CauseRow
    child: CauseRow | None
    part: Part | None


def find(here: Evidence, wanted: Costs) -> Found:
    """The cause's row and the child's."""
    finding = here.finding(wanted.cause)
    part = next((one for one in finding.claim.parts if one.id == wanted.child), None)
    row = next(one for one in here.report.causes if one.id == wanted.cause)
    lone = wanted.child == wanted.cause
    contrasts = web_contrasts(here.case, (part,)) if part else ()
    return Found(
        contrast=contrasts[0] if len(contrasts) == 1 else None,
        headline=finding.contrast,
        row=row,
        child=row if lone else next((one for one in row.children if one.id == wanted.child), None),
        part=part,
    )


def added_to_headline(found: Found, direct: Contrast | None) -> Contrast | None:
    """ln of what the A/B adds to the cause's own factor; a saving read elsewhere leaves that as it was."""
    return direct if found.part and found.part.web_steps is None else None


def costs_faults(
    wanted: Costs,
    found: Found,
    direct: Contrast | None,
    here: Evidence,
    clean: Evidence,
    planted: Mapping[str, Contrast],
) -> Iterator[str]:
    """Everything that is wrong with what was found; nothing: the row passes."""
    yield from worthless(here)
    yield from size_faults(direct, found.contrast)
    yield from _elsewhere(wanted, found.part)
    own = tuple(size_figures(direct, found.contrast))
    whole = tuple(_headline_figures(wanted, found, clean, planted))
    if wanted.child != wanted.cause:
        # A part that its cause does not name is told by itself only beyond 99.9 %.
        yield from _unsaid(f"{wanted.cause}/{wanted.child}", found.child, (*own, *whole))
    yield from _unsaid(wanted.cause, found.row, whole)
    yield from rank_faults(wanted.cause, here, clean, planted)


def costs_figures(
    wanted: Costs,
    found: Found,
    direct: Contrast | None,
    clean: Evidence,
    planted: Mapping[str, Contrast],
) -> Iterator[Bounded]:
    """What has to be known well before it can be said to be found, with its size."""
    yield from size_figures(direct, found.contrast)
    yield from _headline_figures(wanted, found, clean, planted)


def _headline_figures(
    wanted: Costs, found: Found, clean: Evidence, planted: Mapping[str, Contrast]
) -> Iterator[Bounded]:
    """The cause's own factor holds steps that nothing was planted in, with their noise."""
    size = expected_ln(wanted.cause, clean, planted)
    yield from bounded(f"the whole of {wanted.cause}", found.headline, planted=size)


def _unsaid(name: str, row: CauseRow | None, figures: tuple[Bounded, ...]) -> Iterator[str]:
    """A row that does not call it a cost, unless it is too vague to."""
    verdict = row.verdict if row else "not-measured"
    if verdict == "costs" or (verdict == "unclear" and not all(one.narrow for one in figures)):
        return
    yield f"the report says {verdict} of {name}" + (f" ({row.why})" if row and row.why else "")


def _elsewhere(wanted: Costs, part: Part | None) -> Iterator[str]:
    """The saving must come from the step that the plant changed."""
    steps = () if part is None else part.steps if part.web_steps is None else part.web_steps
    source, to = wanted.between
    if steps and add_weights(step.weights for step in steps) != {source: -1.0, to: 1.0}:
        read = ", ".join(f"{step.source} to {step.to}" for step in steps)
        yield f"it is read from {read}, not from {source} to {to}"
