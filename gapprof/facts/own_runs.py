"""Runs of a page that was watched, beside the ladder's: it has the page's model on a quiet page, so that what
the page's own work costs is in the page's runs alone. Pure."""

import math
from collections.abc import Iterator

from gapprof.facts.case import Case
from gapprof.facts.cells import measured
from gapprof.facts.estimates import factor_of
from gapprof.facts.ladder import target
from gapprof.facts.told import told_with_doubt
from gapprof.records.estimate import Estimate
from gapprof.records.observed import ObservedStretch, PageObserved
from gapprof.records.report import Evidence
from gapprof.stats.contrast import Contrast
from gapprof.text import numbers

FEWEST = 4
"""Runs that have quartiles."""
LOOPED = "web-main"
"""The model where the page runs it, in runs back to back, as the library is timed in the page."""


def own_runs_evidence(case: Case) -> Iterator[Evidence]:
    """How much longer they take, and how busy the main thread is; none where a model was given."""
    seen = next(case.recording.of(PageObserved), None)
    if seen is None:
        return
    times = times_looped(case, seen)
    if times is not None:
        text = (
            "The page's own runs over those of its model in a loop on the quiet page of this ladder: "
            f"{told_with_doubt(times)}."
        )
        known = times.side_of_one != "unclear"
        if times.side_of_one == "above":
            text += " What its own work costs them is part of that, and of no step here."
        yield Evidence(kind="own-runs", text=text, value=times.point if known else None)
    own = None if seen.main_thread is None else own_share(seen.main_thread)
    if own is not None:
        busy = f"{numbers.percent(own)} of the time"
        text = f"Its main thread is busy with other things than running models {busy}."
        yield Evidence(kind="own-work", text=text, value=own)


def times_looped(case: Case, seen: PageObserved) -> Estimate | None:
    """The page's own runs over those in a loop on a quiet page; both differ, and the interval holds how.

    None where runs end when their work is submitted to a GPU, where they are few, and without such a loop.
    """
    session, quiet = seen.session, case.get(measured).get(target(case, LOOPED), {})
    runs_ms = session.runs_ms[1:]
    if session.bound or len(runs_ms) < FEWEST or not quiet:
        return None
    own = Contrast({number: math.log(ms) for number, ms in enumerate(runs_ms)})
    return factor_of(own, Contrast({number: -math.log(ms) for number, ms in quiet.items()}))


def own_share(one: ObservedStretch) -> float | None:
    """Of all time, busy with all else than running models; None where runs wait there for a GPU."""
    return None if one.runs_ms is None else max(0.0, one.tasks_ms - one.runs_ms) / one.over_ms
