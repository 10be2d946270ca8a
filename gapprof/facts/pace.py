"""Whether profiled passes saw the machine at the speed that the timed rounds saw it at."""

from statistics import geometric_mean

from gapprof.facts.case import Case
from gapprof.facts.cells import measured
from gapprof.facts.ladder import target
from gapprof.facts.profiles import profile_of

SAME_PACE = (0.9, 1.1)
"""A run without the profiler in a profiled pass, over a timed one."""


def other_pace(case: Case, rung: str) -> float | None:
    """That ratio, where it lies outside; None where the two agree, or cannot be compared."""
    profile, cells = profile_of(case, rung), case.get(measured).get(target(case, rung), {})
    if profile is None or not profile.unprofiled_ms or not cells:
        return None
    ratio = profile.unprofiled_ms / geometric_mean(cells.values())
    return None if SAME_PACE[0] <= ratio <= SAME_PACE[1] else ratio
