"""Starts in real Chromium, by the state of the caches, and what a report says of their stages."""

from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.facts.started import stages_over_observed
from gapprof.records.cold import Creations, Start
from gapprof.records.job import Job
from gapprof.records.trial import Failure
from tests.truth.recorder import record


def patient(job: Job) -> Job:
    return replace(job, pace=replace(job.pace, deadline_s=180.0))


def starts(found: tuple[Start | Creations, ...] | Failure) -> dict[str, Start]:
    assert not isinstance(found, Failure), found
    return {one.cache: one for one in found if isinstance(one, Start)}


def apart(start: Start) -> float:
    return abs(stages_over_observed(start) - 1)


def checked(*found: Start) -> str:
    """What a report with these starts alone says of their stages."""
    recording = record(Machine(latency_ms=ladder_ms({"web-worker": 8.0})))
    report = build(replace(recording, entries=(*recording.entries, *found)))
    return next(check.status for check in report.checks if check.id == "start-stages")
