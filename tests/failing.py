"""A visit that came to nothing, in tests whose backends are functions."""

from gapprof.records.job import Job
from gapprof.records.trial import Failure


def failing(job: Job, kind: str = "page") -> Failure:
    """Of this kind, while it was timed."""
    return Failure(
        rung=job.rung,
        round=job.round,
        started_s=0.0,
        ended_s=0.0,
        phase="timed",
        kind=kind,
        message="it broke",
    )
