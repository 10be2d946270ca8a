"""A renderer that dies in the middle of a run costs its own visit, and nothing that comes after it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from gapprof.browser.cdp import Connection, Params
from gapprof.interrupts import held
from gapprof.pipeline import Outcome, explained
from gapprof.recordings import read_recording
from gapprof.records.progress import Progress
from gapprof.records.recording import Recording, RoundStarted
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Trial
from tests.live.rounds import ROUNDS, few_rounds

LAST_ROUND = ROUNDS - 1
TASK = "runTask("
"""In what a page is asked to compute, where it is a task."""


@dataclass(slots=True)
class Killer:
    """Kills every renderer that has just been asked for a task while the first rung of the web's in the last
    round is visited."""

    victim: str = ""
    _at_it: bool = False

    def __call__(self, progress: Progress) -> None:
        """Told of each visit before it begins."""
        rung = progress.rung or ""
        self._at_it = not self.victim and progress.round == LAST_ROUND and rung.startswith("web")
        if self._at_it:
            self.victim = rung

    @contextmanager
    def listening(self) -> Iterator[None]:
        """To all that browsers are asked for."""
        call = Connection.call

        async def heard(
            connection: Connection, method: str, params: Params | None = None, **how: Any
        ) -> Params:
            asking = asyncio.create_task(call(connection, method, params, **how))
            if self._at_it and TASK in str((params or {}).get("expression", "")):
                await asyncio.sleep(0)  # it is sent
                _kill_renderers()
            return await asking

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Connection, "call", heard)
            yield


def _kill_renderers() -> None:
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "--type=renderer" in process.cmdline():
                process.kill()


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
    with few_rounds(), killer.listening(), held() as hold, pytest.MonkeyPatch.context() as patch:
        patch.setattr("gapprof.browser.visit._LAST_WORDS_S", 0.0)  # who is killed says none
        outcome = explained(str(model), settings, argv=(), path=path, observer=killer, hold=hold)
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
