"""The library that a page has, its build, threads and memory, and how the ladder's differs from it."""

import pytest
from msgspec.structs import replace

from gapprof.digest.observed import observed_sentences
from gapprof.records.observed import ObservedMemory, ObservedSetting
from tests.unit.explain.watched import SEEN, SESSION, report, said, seen_with

INIT = ("Pt.init (https://a.b/app.js:8:34926)", "ns (https://a.b/app.js:6:1498)")
OWN_RULE = ("mt (https://a.b/app.js:8:10109)", *INIT)


def threads(value: str, *, by: tuple[str, ...] = ("https://a.b/app.js:3:25",)) -> tuple[ObservedSetting, ...]:
    """And what the library sets beside it, wherever it is initialised."""
    return (
        ObservedSetting(name="numThreads", value=value, by=by),
        ObservedSetting(name="initTimeout", value="0", by=("Zu (https://a.b/app.js:8:10001)", *INIT)),
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "It is cross-origin isolated; onnxruntime-web's own rule gave it 2 threads."),
        (
            {"settings": threads("1", by=OWN_RULE), "threads": 1},
            "onnxruntime-web's own rule gave it one thread.",
        ),
        (
            {"settings": threads("1"), "threads": 1},
            "It is cross-origin isolated; the page asks for one thread (set at https://a.b/app.js:3:25).",
        ),
        (
            {"settings": (*threads("16"), *threads("1", by=OWN_RULE)), "isolated": False, "threads": 1},
            "one thread is all it gets, although the page asks for 16 threads (set at https://a.b/app.js:3:25)",
        ),
        (
            {"isolated": False, "threads": 1},
            "It is not cross-origin isolated: one thread is all it can have.",
        ),
    ],
)
def test_who_decided_on_threads_is_said(changes: dict[str, object], words: str) -> None:
    assert words in said(**changes)


def test_what_is_not_as_measured_below_is_said() -> None:
    old = replace(SEEN.wasm[0], version="1.18.0")
    assert "The page has onnxruntime-web 1.18.0, and what is below was measured with" in said(wasm=(old,))
    webgpu = replace(SESSION, providers=("webgpu",))
    assert "Its session asks for webgpu" in said(sessions=(webgpu,))
    other_build = replace(SEEN.wasm[0], sha256="12" * 32)
    assert "another build of that version" in said(wasm=(other_build,))
    extended = replace(SESSION, optimisation=2)
    assert "Its session optimises the graph at level extended" in said(sessions=(extended,))
    unknown = replace(SESSION, inputs=())
    assert "seeded ones" in said(sessions=(unknown,))
    assert "It has 2 sessions" in said(sessions=(SESSION, SESSION))
    assert "3 of its runs failed" in said(sessions=(replace(SESSION, failed_runs=3),))


def test_a_ladder_with_another_library_says_so_in_its_first_sentence() -> None:
    """The figures below are those of another program than the page's."""
    old = replace(SEEN.wasm[0], version="1.18.0")
    ours = report().versions["onnxruntime-web"]
    ending = f"Measured with onnxruntime-web {ours}, not with the page's own onnxruntime-web 1.18.0."
    assert report(replace(SEEN, wasm=(old,))).headline.endswith(ending)
    other_build = replace(SEEN.wasm[0], version=ours, sha256="12" * 32, build="asyncify")
    ending = f"Measured with another build of onnxruntime-web {ours} than the page's own asyncify build."
    assert report(replace(SEEN, wasm=(other_build,))).headline.endswith(ending)
    unknown = replace(SEEN.wasm[0], version="")
    assert (
        "not with the page's own library, which is not recognised"
        in report(replace(SEEN, wasm=(unknown,))).headline
    )


def test_a_ladder_with_the_pages_own_library_says_nothing_of_it() -> None:
    versions = report().versions
    same = replace(SEEN.wasm[0], version=versions["onnxruntime-web"], sha256=f"{versions['wasm']}{'0' * 52}")
    assert "Measured with" not in report(replace(SEEN, wasm=(same,))).headline


@pytest.mark.parametrize(
    ("backend", "providers", "words"),
    [
        ("wasm", ("WebGPU",), "asks for WebGPU; what is below is about the wasm backend."),
        ("webgpu", ("WebGPU",), ""),
        ("webgpu", ("JS",), ""),
        ("webgpu", (), "asks for no GPU; what is below is about the webgpu backend."),
        ("webgpu", ("WEBNN",), "asks for WEBNN; what is below is about the webgpu backend."),
    ],
)
def test_a_ladder_on_another_backend_than_the_pages_says_so(
    backend: str, providers: tuple[str, ...], words: str
) -> None:
    found = report(seen_with(providers=providers))
    asked = replace(found, settings=replace(found.settings, backend=backend))
    told = " ".join(observed_sentences(asked))
    assert words in told if words else "Its session asks for" not in told


@pytest.mark.parametrize(
    ("threads", "workers", "words"),
    [
        (4, 3, ""),
        (4, None, ""),
        (None, 3, ""),
        (4, 1, "Started with 4 threads, the library has 3 workers of its own to start; 1 was seen."),
        (4, 0, "the library has 3 workers of its own to start; none were seen."),
    ],
)
def test_workers_that_were_started_are_told_where_they_are_not_those_of_the_threads(
    threads: int | None, workers: int | None, words: str
) -> None:
    told = said(threads=threads, sessions=(replace(SESSION, thread_workers=workers),))
    assert words in told if words else "of its own to start" not in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"build": "plain", "known_by": "hash"},
            "Its wasm is the plain build of onnxruntime-web 1.30.0 with SIMD, on a memory that is not "
            "shared. Version and build are known by its hash, cdcdcdcdcdcd: gapprof has the same file.",
        ),
        (
            {"build": "asyncify", "known_by": "texts", "simd": False},
            "Its wasm is the asyncify build of onnxruntime-web 1.30.0 without SIMD, on a memory that is not "
            "shared. Both are read off the texts in it; gapprof has no file with its hash, cdcdcdcdcdcd.",
        ),
        (
            {},
            "Its wasm is a build of onnxruntime-web 1.30.0 with SIMD, on a memory that is not shared. It is",
        ),
    ],
)
def test_the_build_and_how_it_is_known_are_said(changes: dict[str, object], words: str) -> None:
    assert words in said(wasm=(replace(SEEN.wasm[0], **changes),))


@pytest.mark.parametrize(
    ("told", "others", "expected"),
    [(False, True, False), (True, False, True), (None, True, True), (None, False, False)],
)
def test_shared_memory_is_that_of_the_library_and_not_of_anybody(
    told: bool | None, others: bool, expected: bool
) -> None:
    memory = ObservedMemory(initial=16, maximum=16, shared=others)
    session = replace(SESSION, shared_memory=told)
    page = report(replace(SEEN, memories=(memory,), sessions=(session,))).observed
    assert page is not None
    assert page.shared_memory is expected
