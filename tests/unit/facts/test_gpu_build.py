"""Which build ran is said by the wasm that was served, never by what was asked for."""

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.gpu_build import served
from gapprof.records.calls import RecordedCalls
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.recording import Entry, Recording
from gapprof.records.report import CheckRow
from gapprof.records.settings import Settings
from gapprof.records.surface import Surface
from gapprof.records.trial import Trial
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.truth.recorder import record
from tests.unit.facts import gpu_runs
from tests.unit.gpu.written import SWIFTSHADER

ASYNCIFY = "ort-wasm-simd-threaded.asyncify.wasm"


def ran(
    backend: str = "webgpu", *, file: str | None = ASYNCIFY, adapter: AdapterIdentity = SWIFTSHADER
) -> Recording:
    """As a page leaves it that was served this wasm."""
    found = record(Machine(latency_ms=ladder_ms({}, backend=backend), noise=0.01), Settings(backend=backend))

    def told(entry: Entry) -> Entry:
        if not isinstance(entry, Trial) or not entry.rung.startswith("web"):
            return entry
        return replace(entry, seen=replace(entry.seen, wasm_file=file, adapter=adapter))

    return replace(found, entries=tuple(map(told, found.entries)))


def check(recording: Recording) -> CheckRow:
    return next(one for one in build(recording).checks if one.id == "gpu-build")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (ASYNCIFY, "asyncify"),
        ("ort-wasm-simd-threaded.jspi.wasm", "jspi"),
        ("ort-wasm-simd-threaded.jsep.wasm", "jsep"),
        ("ort-wasm-simd-threaded.wasm", None),
        (None, None),
    ],
)
def test_a_build_is_named_by_its_wasm(file: str | None, name: str | None) -> None:
    recording = ran(file=file)
    found = Case(recording).get(served)
    assert (found.build if found else None) == name
    assert build(recording).versions.get("build") == name


def test_webgl_s_build_has_no_wasm() -> None:
    recording = ran("webgl", file=None)
    assert build(recording).versions["build"] == "webgl"
    assert check(recording).text.startswith("onnxruntime-web ran its webgl build: WebGL kernels, ")


def test_one_sentence_names_the_build_and_how_it_waits_for_the_gpu() -> None:
    found = build(ran())
    said = f"nnxruntime-web ran its asyncify build ({ASYNCIFY}): WebGPU kernels in C++, in wasm rewritten by"
    assert f"- O{said} Asyncify" in MARKDOWN.render(found, Surface())
    assert "asyncify" in TERMINAL.render(found, Surface(detail=True))
    assert check(ran()).status == "pass"


def test_calls_of_another_build_than_the_page_s_condemn_the_replays() -> None:
    recording = ran(file="ort-wasm-simd-threaded.jspi.wasm")
    (calls,) = gpu_runs.recording((), gpu_runs.timed((("Mul", 1.0),))).of(RecordedCalls)
    assert calls.wasm_file == ASYNCIFY
    both = replace(recording, entries=(*recording.entries, calls))
    assert check(both).status == "fail"
    assert check(both).text.endswith(f"but the calls that are replayed were recorded of {ASYNCIFY}")


def test_the_adapter_and_its_driver_stand_beside_the_programs() -> None:
    told = replace(SWIFTSHADER, driver="SwiftShader driver-5.0.0")
    versions = build(ran(adapter=told)).versions
    assert versions["adapter"].startswith("google swiftshader")
    assert versions["driver"] == "SwiftShader driver-5.0.0"
