"""Starts made up for one claim each, and their report."""

from typing import Any

from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.digest.cold import cold_sentences
from gapprof.explain.report import build
from gapprof.records.cold import Cache, Compiled, Creations, FetchedFile, Start
from gapprof.records.report import Report
from gapprof.records.sections.cold import Cold, ColdStart
from gapprof.records.trial import Load
from tests.truth.recorder import record

STAGES = {
    "page": 50.0,
    "import": 20.0,
    "fetch": 100.0,
    "glue": 10.0,
    "wasm-fetch": 150.0,
    "wasm-compile": 20.0,
    "session": 600.0,
    "inputs": 1.0,
    "first-run": 99.0,
}
NATIVE = {"process": 60.0, "import": 100.0, "session": 70.0, "inputs": 1.0, "first-run": 9.0}
LOAD = Load(wall_ms=1000.0, machine_busy_ms=None, own_cpu_ms=None)
MODEL, WASM = 14_000_000, 11_000_000


def web(cache: Cache = "cold", number: int = 0, **changes: Any) -> Start:
    start = Start(
        side="web",
        cache=cache,
        round=number,
        started_s=0.0,
        ended_s=1.0,
        threads=1,
        stages_ms=STAGES,
        observed_ms=1000.0,
        runs_ms=(99.0, *(40.0,) * 6, *(20.0,) * 30),
        files=(
            FetchedFile(name="m.onnx", size_bytes=MODEL, from_cache=cache == "warm", fetch_ms=90.0),
            FetchedFile(name="o.wasm", size_bytes=WASM, from_cache=cache == "warm", fetch_ms=150.0),
        ),
        load=LOAD,
    )
    return replace(start, **changes)


def traced(cache: Cache = "cold") -> Start:
    return web(
        cache,
        traced=True,
        observed_ms=1100.0,
        stages_ms={**STAGES, "session": 700.0},
        compiled=(
            Compiled(stage="session", functions=3000, compile_ms=350.0),
            Compiled(stage="first-run", functions=100, compile_ms=33.0),
        ),
        optimised_ms=900.0,
        code_cached=False,
    )


def native(cache: Cache = "cold") -> Start:
    return replace(
        web(cache), side="native", stages_ms=NATIVE, observed_ms=240.0, runs_ms=(9.0, *(4.0,) * 40), files=()
    )


def creations(side: str = "web", **changes: Any) -> Creations:
    made = Creations(
        side="web" if side == "web" else "native",
        round=0,
        started_s=0.0,
        ended_s=1.0,
        usual_ms=(100.0, 102.0, 98.0),
        unoptimised_ms=(70.0, 71.0, 69.0),
        unpacked_ms=(85.0, 84.0, 86.0),
        parse_ms=(12.0, 12.0, 12.0),
    )
    return replace(made, **changes)


def report(*entries: Start | Creations) -> Report:
    recording = record(Machine(latency_ms=ladder_ms({"web-worker": 8.0})))
    return build(replace(recording, entries=(*recording.entries, *entries)))


def cold(*entries: Start | Creations) -> Cold:
    return report(*entries).cold


def start(found: Cold, cache: Cache = "cold") -> ColdStart:
    return next(one for one in found.starts if one.cache == cache)


def said(found: Cold) -> str:
    return " ".join(cold_sentences(found))
