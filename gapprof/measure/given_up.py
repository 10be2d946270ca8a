"""Whether a rung is gone for nothing but the machine's fault, so that another backend may do. Pure."""

from gapprof.measure.visits import PREFLIGHT_ROUND
from gapprof.records.recording import Recording
from gapprof.records.trial import Failure, Trial


def machine_s_fault(recording: Recording, rung: str) -> Failure | None:
    """The last failure of a rung whose rounds brought failures of the environment alone; None: of any other.

    The first visit may have gone well: a GPU may be full, or lost, only when it has been at work for longer.
    A trial that ran in a round proves that it can, even where load from outside keeps it from counting.
    """
    if any(one.rung == rung and one.round != PREFLIGHT_ROUND for one in recording.of(Trial)):
        return None
    failures = [one for one in recording.of(Failure) if one.rung == rung and one.round != PREFLIGHT_ROUND]
    if not failures or any(one.kind != "environment" for one in failures):
        return None
    return failures[-1]
