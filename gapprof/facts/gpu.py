"""Which adapter the page's models ran on, and what ran on another one. Pure."""

from collections.abc import Mapping

from gapprof.facts.adapters import differences, is_software
from gapprof.facts.case import Case
from gapprof.facts.cells import counting
from gapprof.facts.ladder import planned
from gapprof.records.gpu import AdapterIdentity

_NEARNESS = ("chromium", "web-replay", "dawn")
"""Backends by how near they are to the page: what its library ran on, what its calls were made again on in a
browser, and without one."""


def adapter(case: Case) -> AdapterIdentity | None:
    """The page's own, or of the replay that is nearest to it; None on the processor.

    Of several in one place software goes first: a browser that lost its GPU goes on without a word.
    """
    steps = case.get(planned)

    def farness(rung: str) -> int:
        backend = steps[rung].rung.environment.backend if rung in steps else ""
        return _NEARNESS.index(backend) if backend in _NEARNESS else len(_NEARNESS)

    found = [(farness(one.rung), one.seen.adapter) for one in case.get(counting) if one.seen.adapter]
    found.sort(key=lambda item: (item[0], not is_software(item[1])))
    return found[0][1] if found else None


def apart(case: Case) -> Mapping[str, AdapterIdentity]:
    """Rung → an adapter that it ran on, of rungs that did not run on the page's alone."""
    page = case.get(adapter)
    found: dict[str, AdapterIdentity] = {}
    for trial in case.get(counting):
        other = trial.seen.adapter
        if page is not None and other is not None and differences(page, other):
            found.setdefault(trial.rung, other)
    return found
