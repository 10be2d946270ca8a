"""Per-round values of the figures that the number of rounds is decided by."""

from gapprof.explain.diagnosis import diagnose
from gapprof.facts.case import Case
from gapprof.records.recording import Recording


def contrasts(recording: Recording) -> dict[str, tuple[float, ...]]:
    """Cause id, `residual` or `gap` → ln of its factor in each complete round.

    Causes that were not measured or not exercised are left out; empty while no round is complete.
    """
    diagnosis = diagnose(Case(recording))
    found = {
        f.cause.id: f.contrast.values for f in diagnosis.findings if f.exercised and f.contrast is not None
    }
    if diagnosis.gap is not None and diagnosis.residual is not None:
        found["residual"] = diagnosis.residual.values
        found["gap"] = diagnosis.gap.values
    return found
