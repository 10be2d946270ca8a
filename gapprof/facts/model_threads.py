"""The threads that run the model, of all that the kernel tells of, and how often they ran it. Pure."""

from gapprof.records.trial import Load, ThreadUse, Trial

WORKER = "DedicatedWorker"
"""The kernel's name of a worker's thread."""


def inference_of(load: Load) -> ThreadUse | None:
    """The thread that runs the model."""
    return next((use for use in load.threads if use.role == "inference"), None)


def crew_of(load: Load) -> tuple[ThreadUse, ...]:
    """The thread that runs the model, and its helpers."""
    return tuple(use for use in load.threads if use.role in ("inference", "pool"))


def inferences(trial: Trial) -> int:
    """All in the timed stretch; of batches back to back, the first is run and not timed."""
    return len(trial.requests_ms) or (trial.batch * (len(trial.samples_ms) + 1) if trial.samples_ms else 0)
