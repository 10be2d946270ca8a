"""Which of its builds for GPUs onnxruntime-web ran, by what the page was served. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args

from gapprof.facts.case import Case
from gapprof.facts.cells import counting
from gapprof.facts.gpu_calls import recorded
from gapprof.facts.ladder import planned
from gapprof.records.gpu import GpuBuild

WORDS: Mapping[GpuBuild, str] = MappingProxyType(
    {
        "asyncify": "WebGPU kernels in C++, in wasm rewritten by Asyncify so that it can wait for the GPU",
        "jspi": "WebGPU kernels in C++, in wasm that the engine suspends by JSPI while it waits for the GPU",
        "jsep": "JSEP, whose WebGPU kernels are written in JavaScript",
        "webgl": "WebGL kernels, written in JavaScript",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A build, and the file of it that says so."""

    build: GpuBuild
    file: str
    """Of its wasm; empty on WebGL, whose build has none."""


def served(case: Case) -> Served | None:
    """Of the page's first visit that counts, else of the visit that recorded its calls; None where neither
    names one, as on the processor."""
    return next(_seen(case), None)


def recorded_otherwise(case: Case) -> str:
    """The wasm that calls were recorded of where the page ran another; empty: it did not, or none were."""
    page, calls = case.get(served), case.get(recorded)
    return calls.wasm_file if page is not None and calls is not None and calls.wasm_file != page.file else ""


def _seen(case: Case) -> Iterator[Served]:
    steps = case.get(planned)
    for trial in case.get(counting):
        asked = steps[trial.rung].rung.environment if trial.rung in steps else None
        if asked is None or asked.backend != "chromium" or asked.build != "served":
            continue
        if asked.gpu_api == "webgl":
            yield Served(build="webgl", file="")
        elif asked.device == "gpu" and (build := _named(trial.seen.wasm_file or "")) is not None:
            yield Served(build=build, file=trial.seen.wasm_file or "")
    calls = case.get(recorded)
    if calls is not None:
        yield Served(build=calls.build, file=calls.wasm_file)


def _named(file: str) -> GpuBuild | None:
    """`ort-wasm-simd-threaded.asyncify.wasm` is asyncify's."""
    builds: tuple[GpuBuild, ...] = get_args(GpuBuild)
    return next((build for build in builds if f".{build}." in file), None)
