"""When `explain --twins` tells nothing apart, and that it says so."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.guard import Guard
from gapprof.live import silent
from gapprof.measure.journal import Journal, open_journal
from gapprof.measure.teller import Teller
from gapprof.records.job import Chain
from gapprof.records.recording import Note, PlannedRung, Preflight
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal, StagedModel, Subject
from gapprof.yardstick.telling_apart import telling_apart
from tests.truth.recorder import record

RECORDED = record(Machine(), Settings(threads=1), page_threads=1)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path / "run.jsonl", RECORDED.begin) as opened:
        yield opened


def notes(journal: Journal, preflight: Preflight, subject: Subject, tmp_path: Path) -> list[str]:
    with Guard() as guard:
        telling = telling_apart(Settings(twins=True), guard=guard, scratch=tmp_path)
        telling(subject, preflight, Teller(observer=silent, journal=journal), 6, nothing_is_profiled)
    return [entry.text for entry in journal.recording().of(Note)]


def nothing_is_profiled(step: PlannedRung, number: int) -> object:
    return pytest.fail(f"{step.rung.id} is profiled in round {number}")


def subject(tmp_path: Path) -> Subject:
    staged = StagedModel(path=tmp_path / "model.onnx")
    return Subject(
        facts=RECORDED.begin.model,
        original=staged,
        common=staged,
        inputs_path=tmp_path / "inputs.npz",
        chain=Chain(path="chain.onnx", nodes=2, first_link_path="first_link.onnx"),
    )


def preflight() -> Preflight:
    assert RECORDED.preflight is not None
    return RECORDED.preflight


def test_a_machine_without_a_ceiling_has_nothing_to_split(journal: Journal, tmp_path: Path) -> None:
    refused = tuple(
        replace(step, refusal="no ceiling here") if step.rung.id == "native-128" else step
        for step in preflight().ladder
    )
    found = notes(journal, replace(preflight(), ladder=refused), subject(tmp_path), tmp_path)
    assert found == ["No twins: native-128: no ceiling here"]


def test_a_model_that_native_refuses_has_no_common_graph(journal: Journal, tmp_path: Path) -> None:
    refused = dataclasses.replace(
        subject(tmp_path), common=NativeRefusal(message="no such operator", hint="")
    )
    found = notes(journal, preflight(), refused, tmp_path)
    assert found == ["No twins: there is no common graph: no such operator"]
