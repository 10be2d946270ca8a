"""An extra of `explain` beyond the rounds of a recorded run, and what it notes where it cannot measure."""

from pathlib import Path

import pytest

from gapprof.backends.synthetic import Machine
from gapprof.live import silent
from gapprof.measure.extra import Beyond, Extra
from gapprof.measure.journal import open_journal
from gapprof.measure.teller import Teller
from gapprof.records.job import Chain
from gapprof.records.recording import Note, PlannedRung, Preflight
from gapprof.records.settings import Settings
from gapprof.records.subject import StagedModel, Subject
from tests.truth.recorder import record

RECORDED = record(Machine(), Settings(threads=1), page_threads=1)


def notes(extra: Extra, preflight: Preflight, subject: Subject, folder: Path) -> list[str]:
    """What it notes, having measured nothing of the model."""
    with open_journal(folder / "run.jsonl", RECORDED.begin) as journal:
        extra(
            Beyond(
                subject=subject,
                preflight=preflight,
                teller=Teller(observer=silent, journal=journal),
                profiled=_nothing_is_profiled,
                backends={},
                outputs=folder,
            )
        )
        return [entry.text for entry in journal.recording().of(Note)]


def subject(folder: Path) -> Subject:
    """Whose files nobody may look for."""
    staged = StagedModel(path=folder / "model.onnx")
    return Subject(
        facts=RECORDED.begin.model,
        original=staged,
        common=staged,
        inputs_path=folder / "inputs.npz",
        other_inputs_path=folder / "other.npz",
        chain=Chain(path="chain.onnx", nodes=2, first_link_path="first_link.onnx"),
    )


def preflight() -> Preflight:
    """Of the recorded run."""
    assert RECORDED.preflight is not None
    return RECORDED.preflight


def _nothing_is_profiled(step: PlannedRung, number: int) -> object:
    return pytest.fail(f"{step.rung.id} is profiled in round {number}")
