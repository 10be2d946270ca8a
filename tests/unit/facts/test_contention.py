import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.facts.case import Case
from gapprof.facts.contention import requests, run_queue_ms_per_s, traced_work
from gapprof.facts.page_work import page_evidence
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from gapprof.records.trial import Load, ThreadUse, Trace, TraceSlice, Trial
from tests.truth.recorder import record


def piece(name: str, wall_ms: float, detail: str = "", thread: str = "CrRendererMain") -> TraceSlice:
    return TraceSlice(thread=thread, name=name, detail=detail, count=1, wall_ms=wall_ms, cpu_ms=None)


def with_waits(recording: Recording, rung: str, **waits: float) -> Recording:
    threads = tuple(
        ThreadUse(process="renderer", thread=name, cpu_ms=1.0, run_queue_ms=wait)
        for name, wait in waits.items()
    )
    load = Load(wall_ms=500.0, machine_busy_ms=None, own_cpu_ms=None, threads=threads)
    return replace(
        recording,
        entries=tuple(
            replace(entry, load=load) if isinstance(entry, Trial) and entry.rung == rung else entry
            for entry in recording.entries
        ),
    )


def test_work_is_per_second_of_the_traced_stretch_largest_first() -> None:
    machine = Machine(work={"web": (piece("Layout", 20.0), piece("TimerFire", 500.0, "spin.js"))})
    found = traced_work(Case(record(machine)), "web")
    assert [(w.name, w.ms_per_s, w.per_s) for w in found] == [
        ("TimerFire", 500.0, 1.0),
        ("Layout", 20.0, 1.0),
    ]


def test_the_model_itself_is_no_evidence_against_the_page() -> None:
    ours = (
        piece("gapprof:run", 500.0),
        piece("FunctionCall", 300.0, "a (https://shop.example/assets/ort.wasm.min.mjs:1)"),
        piece("HandlePostMessage", 200.0, "b (ort/ort-wasm-simd-threaded.mjs:7)"),
        piece("TimerFire", 100.0, "c (probes_web/session.mjs:9)"),
        piece("GLES2::ReadPixels", 90.0, "d (ort/ort.webgl.min.mjs:7)"),
    )
    theirs = (piece("Paint", 30.0), piece("TimerFire", 80.0, "workFor (probes_web/pages/busy.mjs:30)"))
    machine = Machine(work={"web": (*ours, *theirs)})
    texts = [one.text for one in page_evidence(Case(record(machine))) if one.kind == "trace"]
    assert [text.split()[0] for text in texts] == ["TimerFire", "Paint"]
    assert "busy.mjs" in texts[0]


def test_a_read_back_is_called_a_wait_and_nothing_else_is() -> None:
    wait = replace(piece("GLES2::ReadPixels", 300.0, "drawMask (page/app.js:3)"), cpu_ms=4.0)
    machine = Machine(work={"web": (wait, piece("TimerFire", 80.0, "drawMask (page/app.js:3)"))})
    texts = [one.text for one in page_evidence(Case(record(machine))) if one.kind == "trace"]
    assert texts == [
        "GLES2::ReadPixels drawMask (page/app.js:3) takes 300 ms per second of the page’s main thread, "
        "reading pixels back from the GPU (4.00 ms of it on a core, the rest a wait).",
        "TimerFire drawMask (page/app.js:3) takes 80.0 ms per second of the page’s main thread.",
    ]


@pytest.mark.parametrize(
    ("argument", "said"), [("--disable-gpu", True), ("--use-angle=swiftshader", True), ("--headless", False)]
)
def test_a_wait_for_software_is_not_told_as_one_for_a_gpu(argument: str, said: bool) -> None:
    machine = Machine(work={"web": (piece("GLES2::ReadPixels", 300.0), piece("TimerFire", 80.0, "f.js"))})
    recording = record(machine)
    entries = tuple(
        replace(one, seen=replace(one.seen, command_line=("chromium", argument)))
        if isinstance(one, Trace)
        else one
        for one in recording.entries
    )
    wait, timer = (
        one.text for one in page_evidence(Case(replace(recording, entries=entries))) if one.kind == "trace"
    )
    assert (SOFTWARE_SENTENCE in wait) == said
    assert SOFTWARE_SENTENCE not in timer


def test_work_too_small_to_matter_is_left_out() -> None:
    machine = Machine(work={"web": (piece("Layout", 1.0),)})
    assert all(one.kind != "trace" for one in page_evidence(Case(record(machine))))


def test_a_page_cannot_write_on_the_terminal_through_its_urls() -> None:
    machine = Machine(work={"web": (piece("FunctionCall", 90.0, "http://h/\x1b[31mred.js"),)})
    found = next(one for one in page_evidence(Case(record(machine))) if one.kind == "trace")
    assert "\x1b" not in found.text


def test_on_a_quiet_page_the_busy_one_is_the_evidence_and_says_so() -> None:
    machine = Machine(work={"web-busy": (piece("Layout", 100.0),)})
    found = page_evidence(Case(record(machine, Settings(threads=2))))
    assert all(one.text.startswith("On the built-in busy page") for one in found)


def test_waits_for_a_core_are_medians_over_trials() -> None:
    case = Case(with_waits(record(Machine(), rounds=3), "web", DedicatedWorker=50.0))
    assert run_queue_ms_per_s(case, "web") == {"renderer/DedicatedWorker": 100.0}
    assert any("waits 100 ms per second" in one.text for one in page_evidence(case))


def test_requests_are_all_there_and_ordered() -> None:
    found = requests(Case(record(Machine(noise=0.1))), "web")
    assert found["p50_ms"] <= found["p95_ms"] <= found["max_ms"]
    assert found["mean_ms"] == pytest.approx(10.0, rel=0.1)
    assert requests(Case(record(Machine())), "native") == {}
