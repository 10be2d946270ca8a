"""Which programs a study would measure with, held against what a visit of a real browser says of itself."""

from gapprof.backends.chromium import Chromium
from gapprof.guard import Guard
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from gapprof.study.programs import programs_here


def test_programs_are_named_as_a_visit_names_them(chromium: Chromium, guard: Guard, job: Job) -> None:
    found = programs_here(Settings(), guard)
    trial = chromium.timed(job)
    assert isinstance(trial, Trial), trial
    assert (found["browser"], found["onnxruntime-web"]) == (
        trial.seen.engine_version,
        trial.seen.runtime_version,
    )
    assert set(found) == {"browser", "onnxruntime", "onnxruntime-web"}
