"""Where two changes together are not the product of each alone: layout and instructions."""

from gapprof.facts.case import Case
from gapprof.facts.estimates import factor_of
from gapprof.facts.readings import read, readable
from gapprof.records.report import Interaction

_CORNERS = ("native-threads", "native-extended", "native-all-128", "native-128")


def interactions(case: Case) -> tuple[Interaction, ...]:
    """(both changes) / (layout alone x instructions alone); below 1 they overlap. Needs the whole square."""
    plain, layout, narrow, both = _CORNERS
    steps = ((plain, layout), (layout, both), (plain, narrow), (narrow, both))
    if not all(readable(case, *step) for step in steps):
        return ()
    contrast = read(case, {plain: 1.0, layout: -1.0, narrow: -1.0, both: 1.0})
    if contrast is None:
        return ()
    return (Interaction(between=("library", "simd"), factor=factor_of(contrast), rungs=_CORNERS),)
