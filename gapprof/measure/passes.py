"""Which rungs get a profiled or a traced pass beside their timed visits. Pure."""

from collections.abc import Mapping

from gapprof.measure.spending import measurable
from gapprof.records.recording import PlannedRung
from gapprof.records.rung import Pass


def targets(name: Pass, ladder: Mapping[str, PlannedRung]) -> list[str]:
    """The rungs that want such a pass and have trials of their own, each once.

    A profile that an alias wants is its target's. A trace is of what the page does beside the model; where
    the page as deployed is an alias, it does nothing.
    """
    found: list[str] = []
    for rung_id, step in ladder.items():
        target = rung_id if name == "trace" else step.alias_of or rung_id
        if name in step.rung.passes and measurable(ladder[target]) and target not in found:
            found.append(target)
    return found
