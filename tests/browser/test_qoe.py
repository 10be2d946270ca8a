"""What pages do to requests, in real Chromium."""

import dataclasses
from pathlib import Path

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
from tests.browser.conftest import PACE
from tests.unit.measure.extras import notes, preflight, subject


def test_requests_are_slower_on_a_busy_page_and_slower_still_on_a_busier_one(
    chromium: Chromium, job: Job, tmp_path: Path
) -> None:
    """Each in a fresh browser. What they do is many times what one round is uncertain by."""
    settings = Settings(threads=1)
    ladder = replace(preflight(), pace=replace(PACE, requests=60))
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
    busy, busier = times_quiet(case, "busy"), times_quiet(case, "busier")
    assert busy is not None
    assert busier is not None
    assert 0 < busy.mean < busier.mean
