"""The whole run against machines whose causes are known: no clock, no process, no browser."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from gapprof.backends.replay import replay
from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.errors import EnvironmentUnusable
from gapprof.explain.report import build
from gapprof.measure.journal import Journal, open_journal
from gapprof.native.broken import failure
from gapprof.recordings import read_recording
from gapprof.records.codec import decode_recording, encode_report
from gapprof.records.job import Job
from gapprof.records.progress import Progress
from gapprof.records.recording import Entry, RoundStarted
from gapprof.records.trial import Failure, Profile, Trial
from tests.truth.recorder import begin
from tests.unit.measure.whole_run import FACTORS, Run


def test_the_planted_chain_is_recovered(run: Run) -> None:
    report = build(run(Machine(latency_ms=ladder_ms(FACTORS))))
    assert report.gap.ratio is not None
    assert report.gap.ratio.point == pytest.approx(1.8 * 1.3 * 3.0 * 1.4 * 1.05)
    found = {cause.id: cause.factor.point for cause in report.causes if cause.factor}
    assert found["threads"] == pytest.approx(1.8)
    assert found["simd"] == pytest.approx(3.0)
    assert found["library"] == pytest.approx(1.3)
    assert report.residual.factor is not None
    product = np.prod([*found.values(), report.residual.factor.point])
    assert product == pytest.approx(report.gap.ratio.point)


def test_without_a_wish_every_rung_has_the_threads_that_the_page_was_seen_to_choose(run: Run) -> None:
    recording = run(Machine(latency_ms=ladder_ms(FACTORS), own_rule_threads=3))
    assert recording.preflight is not None
    assert recording.preflight.page_threads == 3
    planned = {step.rung.id: step.setting.threads for step in recording.preflight.ladder if step.setting}
    assert {planned["native-threads"], planned["web-worker"], planned["web"], planned["web-isolated"]} == {3}


def test_an_interrupted_run_keeps_what_was_measured_and_says_so(run: Run, tmp_path: Path) -> None:
    def impatient(progress: Progress) -> None:
        if progress.round == 3:
            raise KeyboardInterrupt

    recording = run(Machine(latency_ms=ladder_ms(FACTORS)), observer=impatient)
    assert recording.end is not None
    assert recording.end.reason == "interrupted"
    with (tmp_path / "run" / "recording.jsonl").open("rb") as lines:
        kept = decode_recording(lines, source="recording")
    assert kept == recording
    assert build(kept).rounds == 3


@pytest.mark.parametrize("system", ["Darwin", "Windows"])
def test_recorded_trials_give_the_same_full_report_on_any_platform(
    run: Run, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = run(Machine(latency_ms=ladder_ms(FACTORS), noise=0.01))
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("sys.platform", {"Darwin": "darwin", "Windows": "win32"}[system])
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    replayed = run(replay(measured), name="again")
    here, there = build(measured), build(replayed)
    assert here.causes == there.causes
    assert here.operators == there.operators
    assert (here.status, there.status) == ("ok", "ok"), there.status_why


def test_the_same_seed_and_samples_give_the_same_bytes(run: Run) -> None:
    first = run(Machine(latency_ms=ladder_ms(FACTORS), noise=0.02))
    assert encode_report(build(first)) == encode_report(build(first))
    orders = [entry.order for entry in first.of(RoundStarted)]
    again = run(Machine(latency_ms=ladder_ms(FACTORS), noise=0.02), name="again")
    assert [entry.order for entry in again.of(RoundStarted)] == orders


@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_is_told_as_that_and_what_was_written_is_kept(run: Run, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnusable, match="the recording cannot be written: File too large"):
        run(Machine(latency_ms=ladder_ms(FACTORS)))
    kept = read_recording(tmp_path / "run" / "recording.jsonl")
    assert list(kept.of(Trial))
    assert kept.end is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgiving(Machine):
    """Takes what goes wrong in a profiled visit for the visit's own failure, as a browser's backend does."""

    asked: list[Job]
    """For profiles, so far."""

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        self.asked.append(job)
        try:
            return Machine.profiled(self, job, timed)
        except EnvironmentUnusable as error:
            return failure(job, phase="start", kind="environment", message=error.message)


def test_a_disk_that_is_full_while_a_visit_is_profiled_is_told_as_in_a_timed_one(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Forgiving(latency_ms=ladder_ms(FACTORS), asked=[])
    write, refused = Journal.write, list[Entry]()

    def full_for_once(journal: Journal, entry: Entry) -> None:
        if machine.asked and not refused:
            refused.append(entry)
            raise EnvironmentUnusable("the recording cannot be written: No space left on device")
        write(journal, entry)

    monkeypatch.setattr(Journal, "write", full_for_once)
    with pytest.raises(EnvironmentUnusable, match="the recording cannot be written: No space left"):
        run(machine)
    assert [type(entry) for entry in refused] == [Trial]
    kept = read_recording(tmp_path / "run" / "recording.jsonl")
    assert not list(kept.of(Failure)), "nothing is wrong with any environment"
    assert kept.end is not None
    assert kept.end.reason == "failed"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_disk_that_is_full_from_the_start_is_told_as_that() -> None:
    with (
        pytest.raises(EnvironmentUnusable, match="No space left"),
        open_journal(Path("/dev/full"), begin()),
    ):
        pytest.fail("there is no first line")
