"""One environment under several rungs: nothing may be found."""

from collections.abc import Iterator, Mapping

from gapprof.selftest.judges.evidence import LEVEL, Evidence, beyond_doubt, factor, worthless
from gapprof.selftest.judges.width import Bounded, bounded
from gapprof.stats.contrast import Contrast
from gapprof.text import numbers

_FEWEST = 3
"""Contrasts below which hardly anything was tried."""


def nothing_faults(here: Evidence) -> Iterator[str]:
    """Factors beyond doubt; all of them together are judged at the level of a row."""
    yield from worthless(here)
    found = _contrasts(here)
    if len(found) < _FEWEST or any(len(one.values) < 2 for one in found.values()):
        yield "too few figures to find anything in"
        return
    level = _level(found)
    for name, contrast in found.items():
        shown = factor(contrast)
        if shown is not None and beyond_doubt(contrast, level):
            yield f"{name} reads {numbers.factor_with_interval(shown)}, and nothing was planted"


def nothing_figures(here: Evidence) -> Iterator[Bounded]:
    """What has to be known well before nothing can be said to have been found."""
    for name, contrast in _contrasts(here).items():
        yield from bounded(name, contrast)


def _level(found: Mapping[str, Contrast]) -> float:
    """Bonferroni: a row says of all of them at once that they are nothing."""
    return 1 - (1 - LEVEL) / max(1, len(found))


def _contrasts(here: Evidence) -> dict[str, Contrast]:
    found = dict(here.headlines)
    # Where a cause has one part that is no alias, that part is the cause once more.
    found |= {name: one for name, one in here.parts.items() if one not in found.values()}
    diagnosis = here.diagnosis
    if diagnosis.gap is not None:
        found["the gap"] = diagnosis.gap
    if diagnosis.residual is not None and any(diagnosis.residual.values):
        found["what no cause explains"] = diagnosis.residual
    return found
