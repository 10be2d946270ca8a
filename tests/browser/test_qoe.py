"""What pages do to requests, in real Chromium."""

from pathlib import Path

from msgspec.structs import replace

from gapprof.backends.chromium import Chromium
from gapprof.backends.synthetic import Machine
from gapprof.facts.case import Case
from gapprof.facts.page_requests import page_logs, times_quiet
from gapprof.live import silent
from gapprof.measure.extra import Beyond
from gapprof.measure.journal import open_journal
from gapprof.measure.teller import Teller
from gapprof.measure.visits import Patience
from gapprof.qoe.pages import PageVisits
from gapprof.records.job import Chain, Job
from gapprof.records.settings import Settings
from gapprof.records.subject import StagedModel, Subject
from tests.browser.conftest import PACE
from tests.truth.recorder import begin, record


def test_requests_are_slower_on_a_busy_page_and_slower_still_on_a_busier_one(
    chromium: Chromium, job: Job, tmp_path: Path
) -> None:
    """Each in a fresh browser, in the same rounds."""
    settings = Settings(threads=1, rungs="ends", qoe=True)
    ran = record(Machine(), settings, page_threads=1, passes=False, rounds=0)
    assert ran.preflight is not None
    preflight = replace(ran.preflight, pace=replace(PACE, requests=60))
    staged = StagedModel(path=Path(job.model_path))
    subject = Subject(
        facts=ran.begin.model,
        original=staged,
        common=staged,
        inputs_path=Path(job.inputs_path),
        other_inputs_path=Path(job.inputs_path),
        chain=Chain(path="", nodes=2, first_link_path=""),
    )
    with open_journal(tmp_path / "run.jsonl", begin(settings)) as journal:
        journal.write(preflight)
        beyond = Beyond(
            subject=subject,
            preflight=preflight,
            teller=Teller(observer=silent, journal=journal),
            profiled=lambda step, number: None,
            backends={"chromium": chromium},
        )
        visits = PageVisits(settings, beyond, patience=Patience(0.0), scratch=tmp_path)
        for number in range(3):
            visits.round(number)
        case = Case(journal.recording())
    found = page_logs(case)
    assert list(found) == ["quiet", "busy", "busier"]
    assert {len(by_round) for by_round in found.values()} == {3}
    busy, busier = times_quiet(case, "busy"), times_quiet(case, "busier")
    assert busy is not None
    assert busier is not None
    assert 0 < busy.mean < busier.mean
