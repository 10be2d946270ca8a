"""A whole run beside which a renderer dies, a page hangs, wasm aborts and a worker is without memory.

What its report says is read off a recording of `reports/`: `scenarios/test_faults.py`. Here is that it still
comes about, by the same program beside the run, and that nothing is left. A renderer's death alone is told in
`make test` as well: `test_crashed.py`.
"""

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from gapprof.errors import ExitCode
from gapprof.interrupts import held
from gapprof.live import silent
from gapprof.pipeline import Outcome, explained
from gapprof.recordings import read_recording
from gapprof.records.recording import Recording, RoundStarted
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Trial
from tests.browser.aftermath import Alive, assert_nothing_left, seen
from tests.browser.short_run import BROWSER
from tests.live.rounds import few_rounds
from tests.scripts import ROOT, script

FAULTY_PAGE = script("reports/faulty_page.py")
SCENARIOS = script("reports/scenarios.py")
FAULTS = script("reports/faults.py")
ROUNDS = 3
"""The last fault is in the third."""
DEADLINE_S = 40.0
"""Of a visit: many times what one takes beside other tests. One fault takes all of it."""
KINDS = ["crash", "crash", "crash", "out-of-memory", "timeout"]

pytestmark = pytest.mark.long


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One with all of these."""

    outcome: Outcome
    recording: Recording
    there: Alive
    """While it had its first browser."""
    temporary: Path
    """For all of its temporary files, and no other's."""


@pytest.fixture(scope="module")
def temporary() -> Iterator[Path]:
    """Short, because sockets have short names."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def run(model: Path, temporary: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("faults")
    FAULTY_PAGE.deploy(folder, FAULTY_PAGE.QUIET)
    path = folder / FAULTS.RECORDING
    page = str(folder / FAULTY_PAGE.NAME)
    settings = Settings(budget_s=1.0, rungs="main", threads=1, page=page, allow_noisy=True)
    with (
        few_rounds(ROUNDS),
        pytest.MonkeyPatch.context() as patch,
        ThreadPoolExecutor(max_workers=1) as beside,
        held() as hold,
    ):
        patch.setattr("gapprof.measure.preflight.SHORTEST_DEADLINE_S", DEADLINE_S)
        patch.setattr(tempfile, "tempdir", str(temporary))
        patch.setenv("TMPDIR", str(temporary))
        there = beside.submit(seen, os.getpid(), "no browser", _has_a_browser)
        with SCENARIOS.beside(folder, str(ROOT / "reports" / "faults.py")):
            outcome = explained(str(model), settings, argv=(), path=path, observer=silent, hold=hold)
    assert outcome.stopped is None, outcome.stopped
    return Run(outcome=outcome, recording=read_recording(path), there=there.result(), temporary=temporary)


def _has_a_browser(alive: Alive) -> bool:
    return any(BROWSER in words for words in alive.words)


def test_each_fault_costs_its_own_visit_and_is_told(run: Run) -> None:
    failures = list(run.recording.of(Failure))
    planted = sorted((fault.rung, fault.round) for fault in FAULTS.FAULTS for _ in range(fault.times))
    assert sorted((one.rung, one.round) for one in failures) == planted
    assert sorted(one.kind for one in failures) == KINDS
    told = run.outcome.report.warnings
    for rung, *_ in planted:
        assert [text for text in told if text.startswith(f"{rung} failed ")]


def test_all_other_visits_were_made_and_there_is_a_report(run: Run) -> None:
    lost = {(fault.rung, fault.round) for fault in FAULTS.FAULTS if fault.times > 1}
    wanted = {(rung, one.round) for one in run.recording.of(RoundStarted) for rung in one.order}
    trials = run.recording.of(Trial)
    assert {(one.rung, one.round) for one in trials if one.round >= 0 and not one.struck} == wanted - lost
    report = run.outcome.report
    assert report.gap.ratio is not None
    assert report.gap.ratio.rounds == ROUNDS - len(lost)
    assert report.operators
    assert run.outcome.code == ExitCode.OK


def test_nothing_is_left(run: Run) -> None:
    assert run.recording.end is not None
    assert run.recording.end.reason == "finished"
    assert_nothing_left(run.there, run.temporary)
