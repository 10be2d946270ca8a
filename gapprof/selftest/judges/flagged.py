"""Load from outside: it must be told, and not be blamed on the browser or the page."""

from collections.abc import Iterator

from gapprof.facts.disturbance import TICK_MS, disturbed
from gapprof.selftest.judges.evidence import Evidence, apart, beyond_doubt, factor
from gapprof.selftest.plant import Flagged
from gapprof.text import numbers

_MOST_TRIALS = 0.9
"""Share of the trials under load whose own figures must show it."""
_VISIBLE_MS = 10 * TICK_MS
"""A shorter stretch can lose a whole busy core between two ticks of the system's counters."""


def flagged_trials(here: Evidence) -> tuple[int, int]:
    """How many trials show load from outside, of how many that are long enough to."""
    long = [trial for trial in here.trials if trial.load.wall_ms >= _VISIBLE_MS]
    return sum(disturbed(trial.load) is not None for trial in long), len(long)


def flagged_faults(wanted: Flagged, here: Evidence, clean: Evidence) -> Iterator[str]:
    """What was not told, and what was blamed."""
    flagged, trials = flagged_trials(here)
    if not trials or flagged < _MOST_TRIALS * trials:
        yield f"only {flagged} of {trials} trials under load show it"
    check = next(one for one in here.report.checks if one.id == "outside-load")
    if check.status == "pass":
        yield f"the report does not flag it: {check.text}"
    for cause in wanted.not_blamed:
        before, after = clean.headlines.get(cause), here.headlines.get(cause)
        if before is None or after is None:
            continue
        grown = apart(after, before)
        shown = factor(grown)
        if grown is not None and shown is not None and grown.mean > 0 and beyond_doubt(grown):
            yield f"{cause} is blamed: {numbers.factor_with_interval(shown)} of what it was without the load"
