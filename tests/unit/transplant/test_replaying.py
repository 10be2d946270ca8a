"""When `explain --transplant` replays nothing, and that it says so."""

import dataclasses
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.errors import EnvironmentUnusable
from gapprof.guard import Guard
from gapprof.kernels.llvm import compile as llvm
from gapprof.records.recording import Preflight
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal, Subject
from gapprof.records.trial import Trial
from gapprof.transplant.replaying import replaying
from tests.unit.measure.extras import RECORDED, notes, preflight, subject

SERVED = "ort-wasm-simd-threaded.wasm"


def told(preflight: Preflight, subject: Subject, tmp_path: Path) -> list[str]:
    with Guard() as guard:
        extra = replaying(Settings(transplant=True), guard=guard, scratch=tmp_path)
        return notes(extra, preflight, subject, tmp_path)


def served() -> Preflight:
    seen = next(RECORDED.of(Trial)).seen
    return replace(preflight(), page_seen=replace(seen, wasm_file=SERVED))


def test_a_page_with_more_threads_is_not_followed(tmp_path: Path) -> None:
    found = told(replace(served(), page_threads=2), subject(tmp_path), tmp_path)
    assert found == ["No transplant: it follows one thread, and the page has 2"]


def test_a_page_that_nobody_saw_serve_wasm_has_nothing_to_transplant(tmp_path: Path) -> None:
    assert told(replace(served(), page_seen=None), subject(tmp_path), tmp_path) == [
        "No transplant: nobody saw which wasm is served"
    ]


def test_a_model_that_native_refuses_has_no_common_graph(tmp_path: Path) -> None:
    refused = dataclasses.replace(
        subject(tmp_path), common=NativeRefusal(message="no such operator", hint="")
    )
    found = told(served(), refused, tmp_path)
    assert found == ["No transplant: there is no common graph: no such operator"]


def test_without_llvmlite_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise EnvironmentUnusable("no llvmlite here", hint="Install it.")

    monkeypatch.setattr(llvm, "binding", missing)
    found = told(served(), subject(tmp_path), tmp_path)
    assert found == ["The transplant broke off: no llvmlite here. Install it."]
