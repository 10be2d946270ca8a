"""A renderer that dies in the middle of a run costs its own visit, and nothing that comes after it."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from gapprof.interrupts import held
from gapprof.pipeline import Outcome, explained
from gapprof.recordings import read_recording
from gapprof.records.progress import Progress
from gapprof.records.recording import Recording, RoundStarted
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Trial
from tests.live.rounds import ROUNDS, few_rounds

LAST_ROUND = ROUNDS - 1
AT_WORK_S = 0.3
"""Of CPU time: a renderer that has taken as much has loaded the page and is at the model."""
LOOK_S = 0.02


@dataclass(slots=True)
class Killer:
    """Kills every renderer that is at work while the first rung of the web's in the last round is visited."""

    victim: str = ""
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __call__(self, progress: Progress) -> None:
        """Told of each visit before it begins."""
        if self._thread is not None:
            self.done()
        elif progress.round == LAST_ROUND and (progress.rung or "").startswith("web"):
            self.victim = progress.rung or ""
            self._thread = threading.Thread(target=self._kill)
            self._thread.start()

    def done(self) -> None:
        """Nothing is killed any more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _kill(self) -> None:
        while not self._over.wait(LOOK_S):
            for process in psutil.Process().children(recursive=True):
                try:
                    used = process.cpu_times()
                    if "--type=renderer" in process.cmdline() and used.user + used.system > AT_WORK_S:
                        process.kill()
                except psutil.NoSuchProcess:
                    continue


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One in which a renderer was killed, again when its visit was repeated."""

    outcome: Outcome
    recording: Recording
    victim: str


@pytest.fixture(scope="module")
def run(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    path = tmp_path_factory.mktemp("crashed") / "recording.jsonl"
    settings, killer = Settings(budget_s=1.0, rungs="ends", allow_noisy=True), Killer()
    try:
        with few_rounds(), held() as hold:
            outcome = explained(str(model), settings, argv=(), path=path, observer=killer, hold=hold)
    finally:
        killer.done()
    assert outcome.stopped is None, outcome.stopped
    return Run(outcome=outcome, recording=read_recording(path), victim=killer.victim)


def test_it_is_a_crash_twice_and_said(run: Run) -> None:
    failures = list(run.recording.of(Failure))
    assert [(one.rung, one.round, one.attempt, one.kind) for one in failures] == [
        (run.victim, LAST_ROUND, attempt, "crash") for attempt in range(2)
    ]
    assert any(text.startswith(f"{run.victim} failed 2 times") for text in run.outcome.report.warnings)


def test_all_other_rungs_of_that_round_were_visited(run: Run) -> None:
    (order,) = (one.order for one in run.recording.of(RoundStarted) if one.round == LAST_ROUND)
    after = order[order.index(run.victim) + 1 :]
    assert any(rung.startswith("web") for rung in after), "a browser came after it"
    trials = {one.rung for one in run.recording.of(Trial) if one.round == LAST_ROUND and not one.struck}
    assert trials == set(order) - {run.victim}


def test_there_is_a_report_of_the_other_rounds_and_nothing_is_left(run: Run) -> None:
    report = run.outcome.report
    assert run.recording.end is not None
    assert run.recording.end.reason == "finished"
    assert report.gap.ratio is not None
    assert report.gap.ratio.rounds >= LAST_ROUND
    assert psutil.Process().children(recursive=True) == []
