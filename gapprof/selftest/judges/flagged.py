"""Load from outside: it must be told, and not be blamed on the browser or the page."""

import math
from collections.abc import Iterator, Mapping

from gapprof.facts.cells import measured
from gapprof.facts.disturbance import TICK_MS, disturbed
from gapprof.selftest.judges.evidence import Evidence, apart, beyond_doubt, factor, worthless
from gapprof.selftest.judges.width import Bounded, bounded
from gapprof.selftest.plant import Flagged
from gapprof.stats.contrast import Contrast, mean
from gapprof.text import numbers

_MOST_TRIALS = 0.9
"""Share of the trials under load whose own figures must show it."""
_VISIBLE_MS = 10 * TICK_MS
"""A shorter stretch can lose a whole busy core between two ticks of the system's counters."""
_PAGE = "web"


def flagged_trials(here: Evidence) -> tuple[int, int]:
    """How many trials show load from outside, of how many that are long enough to."""
    long = [trial for trial in here.trials if trial.load.wall_ms >= _VISIBLE_MS]
    return sum(disturbed(trial.load) is not None for trial in long), len(long)


def flagged_faults(wanted: Flagged, here: Evidence, calm: Evidence) -> Iterator[str]:
    """What was not told, what was blamed, and of what nobody can say whether it was.

    `calm`: the same ladder without the load.
    """
    yield from worthless(here)
    flagged, trials = flagged_trials(here)
    if not trials or flagged < _MOST_TRIALS * trials:
        yield f"only {flagged} of {trials} trials under load show it"
    check = next(one for one in here.report.checks if one.id == "outside-load")
    if check.status == "pass":
        yield f"the report does not flag it: {check.text}"
    growth = _growth(wanted, here, calm)
    for cause in wanted.not_blamed:
        if cause not in here.headlines:
            yield f"nothing says whether {cause} is blamed: no round exercises it under load"
        elif cause not in growth:
            yield f"nothing says whether {cause} is blamed: no round has it with the load and without"
    for cause, grown in growth.items():
        shown = factor(grown)
        if shown is not None and grown.mean > 0 and beyond_doubt(grown):
            yield f"{cause} is blamed: {numbers.factor_with_interval(shown)} of what it was without the load"


def flagged_figures(wanted: Flagged, here: Evidence, calm: Evidence) -> Iterator[Bounded]:
    """What has to be known well before a cause can be said not to be blamed for what the load costs."""
    slowed = _slowed(here, calm)
    for cause, grown in _growth(wanted, here, calm).items():
        yield from bounded(f"{cause} over what it was without the load", grown, planted=slowed)


def _growth(wanted: Flagged, here: Evidence, calm: Evidence) -> Mapping[str, Contrast]:
    """Cause → ln of how many times larger it is under load; one that only the load brings grew from 1x."""
    found: dict[str, Contrast] = {}
    for cause in wanted.not_blamed:
        before, after = calm.headlines.get(cause), here.headlines.get(cause)
        grown = after if after is None or before is None else apart(after, before)
        if grown is not None:
            found[cause] = grown
    return found


def _slowed(here: Evidence, calm: Evidence) -> float:
    """ln of how many times slower the load makes the page as deployed; 0 where no round has both."""
    under, without = (one.case.get(measured).get(_PAGE, {}) for one in (here, calm))
    shared = sorted(under.keys() & without.keys())
    return mean([math.log(under[number] / without[number]) for number in shared]) if shared else 0.0
