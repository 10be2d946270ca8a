"""What the page would take without a step that nobody took back."""

from gapprof.explain.switches import costs
from gapprof.facts.case import Case
from gapprof.facts.estimates import without_ms
from gapprof.facts.readings import read
from gapprof.records.estimate import Estimate


def untried_ms(case: Case, source: str, to: str, level: float) -> Estimate | None:
    """Now without the factor of that step; None where it does not cost time beyond doubt."""
    contrast = read(case, {source: -1.0, to: 1.0}) if costs(case, source, to, level) else None
    return without_ms(case, contrast) if contrast else None
