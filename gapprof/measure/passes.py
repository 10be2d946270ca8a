"""Which rungs get a profiled or a traced pass beside their timed visits. Pure."""

from collections.abc import Mapping

from gapprof.measure.spending import measurable
from gapprof.records.recording import PlannedRung
from gapprof.records.rung import Pass

_DEPLOYED = "web"


def targets(name: Pass, ladder: Mapping[str, PlannedRung]) -> list[str]:
    """The rungs that have trials of their own behind those that want such a pass, each once.

    A side rung (a page beside the user's own) gets it only where the page as deployed is an alias: there it
    stands in for it.
    """
    deployed = ladder.get(_DEPLOYED)
    stands_in = deployed is None or deployed.alias_of is not None
    found: list[str] = []
    for rung_id, step in ladder.items():
        target = step.alias_of or rung_id
        wanted = name in step.rung.passes and (step.rung.role != "side" or stands_in)
        if wanted and measurable(ladder[target]) and target not in found:
            found.append(target)
    return found
