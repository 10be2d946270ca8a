"""A timed trial is there when requests are counted behind it: whatever becomes of these, it is not lost."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import json
from msgspec.structs import replace

from gapprof.browser import counted, counters
from gapprof.records.job import Job
from gapprof.records.trial import Failure, Trial
from gapprof.records.wire.time import Timed
from tests.settings import QUIET
from tests.unit.backends.open_page import Browser
from tests.unit.browser.devtools import Answer, Gone, silent
from tests.unit.browser.jobs import JOB as PLAIN

DEADLINE_S = 6.0
TIMED = Timed(
    samples_ms=(),
    requests_ms=(11.0, 10.0, 12.0),
    runs_ms=(6.0, 5.0, 7.0),
    ways=3,
    stretch_ms=33.0,
    busy_ms=18.0,
)
SETTING = replace(QUIET, where="main", pacing="paced")
JOB = replace(
    PLAIN,
    setting=SETTING,
    external_data=(),
    pace=replace(PLAIN.pace, batch=1, samples=5, requests=3, deadline_s=DEADLINE_S),
)


def gone(_asked: Mapping[str, Any]) -> Mapping[str, Any]:
    raise Gone


def timed(_asked: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"result": {"value": json.encode(TIMED).decode()}}


def at_first_timed(then: Answer) -> Answer:
    """A page that times what it is asked to, once; `then` is what it makes of requests behind those."""
    answers = iter((timed, then))
    return lambda asked: next(answers)(asked)


@pytest.fixture
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a page that hangs: how long it is waited for is another test's claim."""
    monkeypatch.setattr(counted, "_BEGIN_S", 0.2)
    for place in (counted, counters):
        monkeypatch.setattr(place, "PARTING_S", 0.1)


def in_time(browser: Browser, tmp_path: Path, job: Job = JOB) -> Trial:
    """A trial within the visit's deadline."""
    began_s = time.monotonic()
    found = browser.visited(job, tmp_path)
    assert time.monotonic() - began_s <= job.pace.deadline_s
    assert isinstance(found, Trial), found
    assert (found.requests_ms, found.runs_ms) == (TIMED.requests_ms, TIMED.runs_ms)
    assert found.seen.engine_version == "Chrome/156"
    return found


def test_requests_behind_the_timed_ones_are_counted_where_all_goes_well(tmp_path: Path) -> None:
    browser = Browser(at_first_timed(timed))
    found = in_time(browser, tmp_path)
    assert found.counted is not None
    assert found.counted.runs_ms == TIMED.runs_ms
    assert {"Performance.enable", "Performance.disable"} <= browser.methods


@pytest.mark.usefixtures("little_patience")
@pytest.mark.parametrize(
    ("then", "others"),
    [
        (silent, {}),
        (gone, {}),
        (timed, {"Performance.enable": gone}),
        (silent, {"Performance.disable": silent}),
        (timed, {"Performance.enable": silent, "Performance.disable": silent}),
        (timed, {"Performance.getMetrics": silent, "Performance.disable": silent}),
        (timed, {"Performance.getMetrics": lambda _asked: {"metrics": []}}),
        (lambda _asked: {"result": {"value": "no answer"}}, {}),
    ],
    ids=[
        "hangs",
        "ends",
        "ends-before",
        "hangs-for-good",
        "hangs-before",
        "hangs-at-counters",
        "no-counters",
        "senseless",
    ],
)
def test_a_trial_counts_whatever_becomes_of_the_requests_behind_it(
    then: Answer, others: Mapping[str, Answer], tmp_path: Path
) -> None:
    browser = Browser(at_first_timed(then), others)
    assert in_time(browser, tmp_path).counted is None
    assert "Performance.enable" in browser.methods


def test_close_to_its_deadline_a_visit_counts_nothing(tmp_path: Path) -> None:
    """Half of two seconds, less what taking it back may take, is next to nothing."""
    browser = Browser(at_first_timed(timed))
    close = replace(JOB, pace=replace(JOB.pace, deadline_s=2.0))
    assert in_time(browser, tmp_path, close).counted is None
    assert "Performance.enable" not in browser.methods


def test_where_a_gpu_is_lost_meanwhile_runs_before_it_may_have_lost_it(tmp_path: Path) -> None:
    on_gpu = replace(JOB, setting=replace(SETTING, device="gpu", gpu_api="webgl"))
    found = Browser(at_first_timed(gone)).visited(on_gpu, tmp_path)
    assert isinstance(found, Failure)
    assert found.kind == "crash"
