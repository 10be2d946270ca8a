"""Which side rungs a run may visit, by `--rungs` and `--verify`. Pure."""

from collections.abc import Mapping, Sequence

from gapprof.explain.switches import SWITCHES, to_verify
from gapprof.facts.case import Case
from gapprof.measure.spending import visited_with
from gapprof.records.recording import PlannedRung, Recording
from gapprof.records.rung import Rung
from gapprof.records.settings import Settings

ENDS = "ends"
"""As `Settings.rungs`: the ends of the ladder and the quiet page alone, for who asks not why."""
ENDS_RUNGS = frozenset({"native", "web-paced", "web"})
_BUSIER = "web-busier"
VERIFYING_ROUNDS = 6
"""As many as the first stage of the steps that predict: neither side of a comparison is the vaguer one."""


def wanted_rungs(asked: str, rungs: Mapping[str, Rung]) -> frozenset[str]:
    """`auto`: every one but those that are there to verify predictions; else as `Settings.rungs` says."""
    always = _visited(rungs, "always")
    match asked:
        case "all":
            return frozenset(rungs)
        case "auto":
            return frozenset(rungs) - _visited(rungs, "to-verify")
        case "main" | "ends":
            return always
        case _:
            return frozenset(asked.split(",")) | always


def possible_rungs(settings: Settings, rungs: Mapping[str, Rung]) -> frozenset[str]:
    """Wanted ones, and what stages beyond the rounds visit: with `--qoe` the busier page, and with `--verify`
    what the run may come to want once it knows what it predicts."""
    wanted = wanted_rungs(settings.rungs, rungs) | ({_BUSIER} if settings.qoe else set())
    return wanted | _visited(rungs, "to-verify") if settings.verify else wanted


def verifying_rungs(recording: Recording, steps: Sequence[PlannedRung]) -> tuple[str, ...]:
    """Every change that is predicted to save, what it is compared with, and what is yet to predict it."""
    ladder = {step.rung.id: step for step in steps}
    chosen = [rung for changed in to_verify(Case(recording)) for rung in (changed, SWITCHES[changed].source)]
    side = [rung for rung in chosen if ladder[rung].rung.role == "side"]
    return tuple(dict.fromkeys(one for rung in side for one in visited_with(ladder[rung], ladder)))


def _visited(rungs: Mapping[str, Rung], when: str) -> frozenset[str]:
    return frozenset(rung.id for rung in rungs.values() if rung.visited == when)
