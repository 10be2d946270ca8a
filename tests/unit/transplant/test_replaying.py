"""When `explain --transplant` replays nothing, and that it says so."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.errors import EnvironmentUnusable
from gapprof.guard import Guard
from gapprof.kernels.llvm import compile as llvm
from gapprof.live import silent
from gapprof.measure.journal import Journal, open_journal
from gapprof.measure.teller import Teller
from gapprof.records.job import Chain
from gapprof.records.recording import Note, Preflight
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal, StagedModel, Subject
from gapprof.records.trial import Trial
from gapprof.transplant.replaying import replaying
from tests.truth.recorder import record

RECORDED = record(Machine(), Settings(threads=1), page_threads=1)
SERVED = "ort-wasm-simd-threaded.wasm"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path / "run.jsonl", RECORDED.begin) as opened:
        yield opened


def notes(journal: Journal, preflight: Preflight, subject: Subject, tmp_path: Path) -> list[str]:
    with Guard() as guard:
        telling = replaying(Settings(transplant=True), guard=guard, scratch=tmp_path)
        telling(subject, preflight, Teller(observer=silent, journal=journal), 6)
    return [entry.text for entry in journal.recording().of(Note)]


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
    seen = next(RECORDED.of(Trial)).seen
    return replace(RECORDED.preflight, page_seen=replace(seen, wasm_file=SERVED))


def test_a_page_with_more_threads_is_not_followed(journal: Journal, tmp_path: Path) -> None:
    found = notes(journal, replace(preflight(), page_threads=2), subject(tmp_path), tmp_path)
    assert found == ["No transplant: it follows one thread, and the page has 2"]


def test_a_page_that_nobody_saw_serve_wasm_has_nothing_to_transplant(
    journal: Journal, tmp_path: Path
) -> None:
    assert notes(journal, replace(preflight(), page_seen=None), subject(tmp_path), tmp_path) == [
        "No transplant: nobody saw which wasm is served"
    ]


def test_a_model_that_native_refuses_has_no_common_graph(journal: Journal, tmp_path: Path) -> None:
    refused = dataclasses.replace(
        subject(tmp_path), common=NativeRefusal(message="no such operator", hint="")
    )
    found = notes(journal, preflight(), refused, tmp_path)
    assert found == ["No transplant: there is no common graph: no such operator"]


def test_without_llvmlite_it_says_what_to_install(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise EnvironmentUnusable("no llvmlite here", hint="Install it.")

    monkeypatch.setattr(llvm, "_llvm", missing)
    found = notes(journal, preflight(), subject(tmp_path), tmp_path)
    assert found == ["The transplant broke off: no llvmlite here. Install it."]
