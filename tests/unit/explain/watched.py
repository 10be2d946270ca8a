"""A page with one session of onnxruntime-web as it was watched, and what the report says of it."""

from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.digest.observed import observed_sentences
from gapprof.explain.report import build
from gapprof.records.observed import ObservedInput, ObservedSession, ObservedWasm, PageObserved
from gapprof.records.report import Report
from gapprof.records.settings import Settings
from tests.truth.recorder import record

MACHINE = Machine(latency_ms=ladder_ms({"web-worker": 4.0}))
DEPLOYED_MS = MACHINE.latency_ms["web-main"]
SESSION = ObservedSession(
    where="main",
    sha256="ab" * 32,
    size_bytes=14_000_000,
    url="https://a.b/models/net.onnx?v=3",
    external=(),
    optimisation=99,
    providers=(),
    create_ms=120.0,
    inputs=(ObservedInput(name="x", dtype="float32", dims=(1, 3), kept=True),),
    runs_ms=(900.0, *([DEPLOYED_MS * 1.5] * 9)),
    failed_runs=0,
    by=(),
)
SEEN = PageObserved(
    url="https://a.b/",
    watched_s=8.0,
    isolated=True,
    browser="Chrome/156",
    wasm=(
        ObservedWasm(url="https://a.b/ort.wasm", size_bytes=9, sha256="cd" * 32, version="1.30.0", simd=True),
    ),
    memories=(),
    settings=(),
    workers=(),
    files=(),
    threads=2,
    sessions=(SESSION,),
    chosen=0,
)


def report(seen: PageObserved = SEEN) -> Report:
    """Of a machine that was measured inside that page."""
    found = record(MACHINE, Settings(threads=1), page_threads=1)
    return build(replace(found, entries=(seen, *found.entries)))


def said(**changes: object) -> str:
    """In words, of the page so changed."""
    return " ".join(observed_sentences(report(replace(SEEN, **changes))))


def seen_with(**changes: object) -> PageObserved:
    """The page with its session so changed."""
    return replace(SEEN, sessions=(replace(SESSION, **changes),))
