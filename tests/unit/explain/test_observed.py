"""What a page was seen to do, as the report has it and as words say it."""

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.digest.observed import observed_sentences
from gapprof.explain.report import build
from gapprof.facts.session_options import DEFAULTS, to_feed
from gapprof.records.impossible import impossible
from gapprof.records.observed import (
    ObservedInput,
    ObservedMemory,
    ObservedOption,
    ObservedSession,
    ObservedSetting,
    ObservedStretch,
    ObservedWasm,
    PageObserved,
)
from gapprof.records.report import Report
from gapprof.records.settings import Settings
from tests.truth.recorder import record

MACHINE = Machine(latency_ms=ladder_ms({"web-worker": 4.0}))
DEPLOYED_MS = MACHINE.latency_ms["web-main"]
INIT = ("Pt.init (https://a.b/app.js:8:34926)", "ns (https://a.b/app.js:6:1498)")
OWN_RULE = ("mt (https://a.b/app.js:8:10109)", *INIT)
OF_AN_APP = ("setup (https://a.b/app.js:3:25)", "App.init (https://a.b/app.js:9:1)")
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
    found = record(MACHINE, Settings(threads=1), page_threads=1)
    return build(replace(found, entries=(seen, *found.entries)))


def said(**changes: object) -> str:
    return " ".join(observed_sentences(report(replace(SEEN, **changes))))


def test_runs_are_told_apart_by_the_first_and_the_later_ones() -> None:
    page = report().observed
    assert page is not None
    assert page.first_run_ms == 900.0
    assert page.run_ms == pytest.approx(DEPLOYED_MS * 1.5)
    assert (page.run_low_ms, page.run_high_ms) == (page.run_ms, page.run_ms)
    text = said()
    assert "It runs net.onnx (13.4 MiB) with onnxruntime-web 1.30.0, on its main thread" in text
    assert "10 runs, the first 900 ms" in text


def test_the_page_is_held_against_the_same_model_in_a_loop_on_a_quiet_one() -> None:
    page = report().observed
    assert page is not None
    assert page.times_deployed is not None
    assert page.times_deployed.point == pytest.approx(1.5, rel=0.01)


def test_how_the_pages_own_runs_differ_is_in_the_interval() -> None:
    runs = (900.0, *(DEPLOYED_MS * 1.5 * factor for factor in (0.8, 1.25, 0.9, 1.1, 1.0)))
    page = report(replace(SEEN, sessions=(replace(SESSION, runs_ms=runs),))).observed
    assert page is not None
    assert page.times_deployed is not None
    assert page.times_deployed.low < 1.4
    assert page.times_deployed.high > 1.6


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


def seen_with(**changes: object) -> PageObserved:
    return replace(SEEN, sessions=(replace(SESSION, **changes),))


def test_what_the_main_thread_did_is_told_in_shares() -> None:
    stretch = ObservedStretch(over_ms=2000.0, tasks_ms=1500.0, styles_ms=100.0, runs_ms=600.0)
    page = report(replace(SEEN, main_thread=stretch)).observed
    assert page is not None
    use = page.main_thread
    assert use is not None
    assert (use.busy, use.runs, use.own, use.styles) == (0.75, 0.3, pytest.approx(0.45), 0.05)
    on_gpu = report(replace(SEEN, main_thread=replace(stretch, runs_ms=None))).observed
    assert on_gpu is not None
    assert on_gpu.main_thread is not None
    assert (on_gpu.main_thread.runs, on_gpu.main_thread.own) == (None, None)


def test_pauses_are_from_the_end_of_a_run_to_the_begin_of_the_next() -> None:
    began = tuple(1000.0 * number for number in range(10))
    page = report(seen_with(runs_began_ms=began)).observed
    assert page is not None
    assert page.pause_ms == pytest.approx(1000.0 - DEPLOYED_MS * 1.5)
    few = report(seen_with(runs_began_ms=began[:3], runs_ms=SESSION.runs_ms[:3])).observed
    assert few is not None
    assert few.pause_ms is None


def test_runs_that_leave_their_outputs_on_a_gpu_are_not_held_against_others() -> None:
    page = report(seen_with(bound=True)).observed
    assert page is not None
    assert page.times_deployed is None
    assert "Its outputs stay on the GPU" in said(sessions=(replace(SESSION, bound=True),))


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


STRETCH = ObservedStretch(over_ms=1000.0, tasks_ms=800.0, styles_ms=50.0, runs_ms=None)


@pytest.mark.parametrize(
    "seen",
    [
        replace(SEEN, chosen=1),
        seen_with(create_ms=float("inf")),
        seen_with(runs_began_ms=(0.0,)),
        seen_with(runs_began_ms=(-1.0, *SESSION.runs_ms[1:])),
        seen_with(thread_workers=-1),
        replace(SEEN, main_thread=replace(STRETCH, over_ms=0.0)),
        replace(SEEN, main_thread=replace(STRETCH, runs_ms=-1.0)),
    ],
)
def test_a_page_that_nobody_watched_is_refused(seen: PageObserved) -> None:
    assert impossible(seen)
    assert not impossible(replace(SEEN, main_thread=STRETCH))


def test_a_single_run_has_no_later_ones() -> None:
    text = said(sessions=(replace(SESSION, runs_ms=(900.0,)),))
    assert "1 run, the first 900 ms." in text
    page = report(replace(SEEN, sessions=(replace(SESSION, runs_ms=(900.0,)),))).observed
    assert page is not None
    assert page.times_deployed is None


def test_with_a_model_of_its_own_nothing_is_said() -> None:
    assert list(observed_sentences(build(record(MACHINE, Settings(threads=1), page_threads=1)))) == []


def options(**changed: str) -> tuple[ObservedOption, ...]:
    """The library's defaults, but for what is said."""
    values = {**DEFAULTS, **changed}
    return tuple(ObservedOption(name=name, value=value) for name, value in values.items())


def with_options(given: tuple[ObservedOption, ...], *, fed: bool = True) -> Report:
    seen = replace(SEEN, sessions=(replace(SESSION, options=given),))
    settings = Settings(threads=1, session_options=to_feed(given) if fed else {})
    found = record(MACHINE, settings, page_threads=1)
    return build(replace(found, entries=(seen, *found.entries)))


def test_default_options_are_told_in_one_sentence() -> None:
    text = " ".join(observed_sentences(with_options(options())))
    assert "Its session has onnxruntime-web's default options." in text
    page = with_options(options()).observed
    assert page is not None
    assert {one.name for one in page.session_options} == set(DEFAULTS)
    assert all(one.fed and one.value == one.default for one in page.session_options)


def test_options_that_differ_are_told_with_the_default_and_with_what_became_of_them() -> None:
    given = options(
        graphOptimizationLevel="basic",
        enableProfiling="true",
        **{"session.intra_op.allow_spinning": "0", "executionProviders.WebGPU.preferredLayout": "NHWC"},
    )
    found = with_options(given)
    page = found.observed
    assert page is not None
    rows = {one.name: one for one in page.session_options if one.value != one.default}
    assert {name: one.fed for name, one in rows.items()} == {
        "graphOptimizationLevel": True,
        "enableProfiling": False,
        "session.intra_op.allow_spinning": True,
        "executionProviders.WebGPU.preferredLayout": False,
    }
    text = " ".join(observed_sentences(found))
    assert "graphOptimizationLevel basic (default all)" in text
    assert "session.intra_op.allow_spinning 0" in text
    assert "in the browser, has them too, but for enableProfiling (a profiled session is never timed" in text
    assert "enableMemPattern" not in text


def test_options_that_were_not_given_to_the_ladder_are_not_said_to_be() -> None:
    found = with_options(options(enableMemPattern="true"), fed=False)
    text = " ".join(observed_sentences(found))
    assert "has them too" not in text
    assert "Not taken over: enableMemPattern (something else was asked for)." in text


def test_the_web_rungs_that_open_the_file_as_it_is_get_the_options() -> None:
    """And a page with the common graph all but the level: one thing is changed about it, and no other."""
    given = {"enableMemPattern": "true", "graphOptimizationLevel": "basic"}
    found = record(MACHINE, Settings(threads=1, session_options=given), page_threads=1)
    assert found.preflight is not None
    sessions = {step.rung.id: dict(step.setting.session) for step in found.preflight.ladder if step.setting}
    assert sessions["web-optimised"] == {"enableMemPattern": "true"}
    fed = {rung for rung, session in sessions.items() if session == given}
    assert {rung for rung, session in sessions.items() if session} == fed | {"web-optimised"}
    own = {
        step.rung.id
        for step in found.preflight.ladder
        if step.rung.environment.graph == "own" and step.rung.environment.backend == "chromium"
    }
    assert fed == own >= {"web-graph", "web-main", "web-paced", "web"}


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
