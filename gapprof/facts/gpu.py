"""Which adapter the page's models ran on. Pure."""

from gapprof.facts.case import Case
from gapprof.facts.cells import counting
from gapprof.records.gpu import AdapterIdentity


def adapter(case: Case) -> AdapterIdentity | None:
    """Of the first trial that names one; None on the processor."""
    return next((t.seen.adapter for t in case.get(counting) if t.seen.adapter is not None), None)
