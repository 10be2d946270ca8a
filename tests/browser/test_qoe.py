"""What pages do to requests, in real Chromium."""

import dataclasses
import math
from itertools import pairwise
from pathlib import Path
from statistics import fmean, stdev

import pytest
from msgspec.structs import replace

from gapprof.backends.chromium import Chromium
from gapprof.facts.case import Case
from gapprof.facts.page_requests import page_logs, times_quiet
from gapprof.measure.extra import Beyond
from gapprof.measure.visits import Patience
from gapprof.qoe.pages import PageVisits
from gapprof.records.job import Job
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from gapprof.records.subject import StagedModel
from gapprof.records.trial import Trial
from tests.browser.conftest import PACE
from tests.unit.measure.extras import notes, preflight, subject

RUNGS = {"quiet": "web-paced", "busy": "web-busy", "busier": "web-busier"}
DOUBT = 4.0
"""Standard errors of a mean: beyond so many nothing is chance."""


@pytest.mark.long
def test_requests_are_asked_for_on_each_page_and_beyond_doubt_no_faster_on_a_busier_one(
    chromium: Chromium, job: Job, tmp_path: Path
) -> None:
    """Each in a fresh browser. Were two pages mixed up, that would be beyond doubt the other way round."""
    settings = Settings(threads=1)
    ladder = replace(preflight(), pace=replace(PACE, requests=40))
    staged = StagedModel(path=Path(job.model_path))
    about = dataclasses.replace(
        subject(tmp_path), original=staged, common=staged, inputs_path=Path(job.inputs_path)
    )
    recordings: list[Recording] = []

    def visit(beyond: Beyond) -> None:
        here = dataclasses.replace(beyond, backends={"chromium": chromium})
        here.journal.write(ladder)
        visits = PageVisits(settings, here, patience=Patience(0.0), scratch=tmp_path)
        visits.round(0)
        recordings.append(here.journal.recording())

    assert notes(visit, ladder, about, tmp_path) == []
    case = Case(recordings[0])
    found = page_logs(case)
    assert list(found) == ["quiet", "busy", "busier"]
    assert {tuple(by_round) for by_round in found.values()} == {(0,)}
    trials = {one.rung: one for one in recordings[0].of(Trial)}
    seen = {page: trials[rung] for page, rung in RUNGS.items()}
    assert [one.seen.page_kind for one in seen.values()] == list(RUNGS)
    for page, trial in seen.items():
        assert len(trial.requests_ms) == 40
        assert found[page][0] == pytest.approx(math.log(fmean(trial.requests_ms)))
        times = times_quiet(case, page)
        assert times is None or times.mean == pytest.approx(found[page][0] - found["quiet"][0])
    assert {page for page in found if times_quiet(case, page) is not None} == {"busy", "busier"}
    for calmer, other in pairwise(seen.values()):
        assert bounds_ms(calmer)[0] < bounds_ms(other)[1]


def bounds_ms(trial: Trial) -> tuple[float, float]:
    """Between which a request's mean lies."""
    mean, error = fmean(trial.requests_ms), stdev(trial.requests_ms) / math.sqrt(len(trial.requests_ms))
    return mean - DOUBT * error, mean + DOUBT * error
