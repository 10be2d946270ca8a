"""What a page costs a request, by part: planted pages of a machine whose causes are known."""

import math

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedPage, ladder_ms
from gapprof.explain.report import build
from gapprof.records.recording import Entry, Recording
from gapprof.records.report import CauseRow, Report
from gapprof.records.settings import Settings
from gapprof.records.trial import ThreadUse, Trace, TraceSlice, Trial
from tests.truth.recorder import CORES, FULL, record

QUIET_MS, LATE_MS = 100.0, 30.0
MAIN = ThreadUse(process="renderer", thread="chrome", cpu_ms=6.0, run_queue_ms=0.0, role="main")
HELPER = ThreadUse(process="renderer", thread="ThreadPoolForeg", cpu_ms=2.0, run_queue_ms=0.0)
DRAWING = ThreadUse(process="gpu", thread="VizCompositorTh", cpu_ms=4.0, run_queue_ms=0.0)
POOL = "ThreadPoolForegroundWorker"
TAB = ThreadUse(process="other renderer", thread="chrome", cpu_ms=8.0, run_queue_ms=0.0)


def piece(name: str, wall_ms: float, detail: str = "", *, thread: str = "CrRendererMain") -> TraceSlice:
    return TraceSlice(thread=thread, name=name, detail=detail, count=1, wall_ms=wall_ms, cpu_ms=None)


def recorded(
    page: PlantedPage,
    *,
    web_ms: float,
    noise: float = 0.0,
    helpers: tuple[TraceSlice, ...] = (piece("V8.GC_BACKGROUND", 5.0, thread=POOL),),
    settings: Settings = FULL,
) -> Recording:
    """Requests that take `QUIET_MS` on the quiet page, and `web_ms` on the planted one.

    `helpers`: what threads of the pool do on that page.
    """
    factors = {"native-threads": 2.0, "web-worker": 5.0, "web": web_ms / QUIET_MS}
    machine = Machine(
        latency_ms=ladder_ms(factors),
        pages={"web-paced": PlantedPage(held=(piece("idle", 0.0),)), "web": page},
        work={"web": helpers},
        launch_noise=noise,
    )
    return record(machine, settings)


def parts(report: Report) -> dict[str, CauseRow]:
    contention = next(row for row in report.causes if row.id == "contention")
    page = next(row for row in contention.children if row.id == "page")
    return {"page": page, **{row.id: row for row in page.children}}


def ln(row: CauseRow) -> float:
    assert row.factor is not None
    return math.log(row.factor.point)


def test_a_request_that_waits_for_timers_waits_for_the_main_thread() -> None:
    timers = piece("TimerFire", LATE_MS, "burn (page/app.js:3)")
    found = parts(build(recorded(PlantedPage(late_ms=LATE_MS, held=(timers,)), web_ms=QUIET_MS + LATE_MS)))
    assert ln(found["page"]) == pytest.approx(math.log(1.3))
    assert ln(found["main-thread-work"]) == pytest.approx(math.log(1.3))
    assert found["main-thread-work"].verdict == "costs"
    assert any("30.0 ms timers" in one.text for one in found["main-thread-work"].evidence)
    assert any("burn (page/app.js:3)" in one.text for one in found["main-thread-work"].evidence)
    assert found["gc"].verdict == found["browser-threads"].verdict == "unclear"


def test_garbage_collection_is_named_as_such_wherever_it_happens() -> None:
    held = (piece("TimerFire", 10.0, "litter (page/app.js:3)"), piece("V8.GC_SCAVENGER", 20.0))
    page = PlantedPage(late_ms=LATE_MS, held=held, inside=(piece("MinorGC", 10.0),))
    found = parts(build(recorded(page, web_ms=QUIET_MS + LATE_MS + 10.0)))
    whole = ln(found["page"])
    assert ln(found["gc"]) == pytest.approx(whole * 30 / 40)
    assert ln(found["main-thread-work"]) == pytest.approx(whole * 10 / 40)
    assert any("collected for 10.0 ms inside of each run" in one.text for one in found["gc"].evidence)


def test_a_wait_for_a_core_is_laid_at_the_doors_of_those_who_were_on_the_cores() -> None:
    page = PlantedPage(run_queue_ms=20.0, held=(piece("idle", 0.0),), others=(MAIN, HELPER, DRAWING, TAB))
    found = parts(build(recorded(page, web_ms=QUIET_MS + 20.0)))
    whole = ln(found["page"])
    expected = {"main-thread-work": 6, "gc": 2, "browser-threads": 4, "other-tabs": 8}
    for part, cpu_ms in expected.items():
        assert ln(found[part]) == pytest.approx(whole * cpu_ms / 20), part
    assert any("other tabs" in one.text for one in found["other-tabs"].evidence)
    assert ln(found["slower-runs"]) == pytest.approx(0.0, abs=1e-9)


def test_helpers_that_collect_nothing_are_no_garbage_and_a_pages_own_worker_is_its_own() -> None:
    worker = ThreadUse(process="renderer", thread="DedicatedWorker", cpu_ms=6.0, run_queue_ms=0.0)
    page = PlantedPage(run_queue_ms=20.0, held=(piece("idle", 0.0),), others=(worker, HELPER, DRAWING))
    compiling = (piece("V8.CompileJob", 5.0, thread=POOL), piece("DecodeImage", 5.0, thread=POOL))
    found = parts(build(recorded(page, web_ms=QUIET_MS + 20.0, helpers=compiling)))
    whole = ln(found["page"])
    assert ln(found["gc"]) == pytest.approx(0.0, abs=1e-9)
    assert ln(found["browser-threads"]) == pytest.approx(whole * 6 / 12)
    assert ln(found["main-thread-work"]) == pytest.approx(whole * 6 / 12)


def test_on_the_main_thread_the_trace_tells_a_run_from_the_pages_work() -> None:
    """The kernel tells of both together: what keeps the thread waiting there may never be in a run."""
    run = replace(piece("gapprof:run", 100.0), cpu_ms=95.0)
    page = PlantedPage(run_queue_ms=60.0, held=(piece("idle", 0.0),), inside=(run,), others=(TAB,))
    recording = recorded(page, web_ms=QUIET_MS + 20.0)
    on_main = replace(
        recording,
        entries=tuple(
            replace(one, seen=replace(one.seen, where="main")) if isinstance(one, Trial) else one
            for one in recording.entries
        ),
    )
    found = parts(build(on_main))
    assert ln(found["other-tabs"]) == pytest.approx(ln(found["page"]) * 6 / 20)


def test_what_to_change_follows_from_what_costs() -> None:
    tabs = PlantedPage(run_queue_ms=20.0, held=(piece("idle", 0.0),), others=(TAB,))
    assert [one.text for one in build(recorded(tabs, web_ms=120.0)).actions if one.cause == "contention"] == [
        "Close other tabs that are at work"
    ]
    timers = PlantedPage(late_ms=LATE_MS, held=(piece("TimerFire", LATE_MS, "burn (page/app.js:3)"),))
    (action,) = (one for one in build(recorded(timers, web_ms=130.0)).actions if one.cause == "contention")
    assert action.text.startswith("Let the page do less beside the model")
    assert action.then_ms.point == pytest.approx(100.0, rel=0.01)


def advice_of(row: CauseRow) -> list[str]:
    return [row.advice, *(text for child in row.children for text in advice_of(child))]


@pytest.mark.parametrize("where", ["worker", "asking-worker"])
def test_nothing_that_is_told_to_whoever_runs_in_a_worker_is_to_run_in_one(where: str) -> None:
    timers = PlantedPage(late_ms=LATE_MS, held=(piece("TimerFire", LATE_MS, "burn (page/app.js:3)"),))
    settings = Settings(threads=2, page="busy", where=where)
    report = build(recorded(timers, web_ms=QUIET_MS + LATE_MS, settings=settings))
    contention = next(row for row in report.causes if row.id == "contention")
    told = [*advice_of(contention), *(one.text for one in report.actions)]
    assert len(told) > 8
    assert all(told)
    forbidden = ("un the model in a worker", "ask from a worker", "off the thread that runs the model")
    assert not [text for text in told for words in forbidden if words in text]


def test_in_a_worker_late_requests_are_told_from_runs_that_are_not_slowed() -> None:
    timers = PlantedPage(late_ms=LATE_MS, held=(piece("TimerFire", LATE_MS, "burn (page/app.js:3)"),))
    settings = Settings(threads=2, page="busy", where="worker")
    web_ms, work = QUIET_MS + LATE_MS, (piece("TimerFire", 300.0, "burn (page/app.js:3)"),)
    report = build(recorded(timers, web_ms=web_ms, settings=settings, noise=0.005, helpers=work))
    runs, late = (one.text for one in parts(report)["page"].evidence if one.kind == "requests")
    assert runs.startswith("Nothing shows that runs themselves, in the worker, are slowed: one takes 1.0")
    assert late.startswith("A request waits 30")
    assert "shorten its tasks" in late
    (action,) = (one for one in report.actions if one.cause == "contention")
    assert action.text.startswith("Shorten the tasks of the page's main thread")
    assert "burn (page/app.js:3)" in action.text


def test_in_a_worker_runs_that_are_slowed_are_not_called_unharmed() -> None:
    page = PlantedPage(run_queue_ms=20.0, held=(piece("idle", 0.0),), others=(MAIN,))
    settings = Settings(threads=2, page="busy", where="worker")
    report = build(recorded(page, web_ms=QUIET_MS + 20.0, settings=settings, noise=0.005))
    texts = [one.text for one in parts(report)["page"].evidence if one.kind == "requests"]
    assert [text.partition(" takes ")[0] for text in texts] == ["A run itself, in the worker,"]


def test_on_the_main_thread_nothing_is_told_of_a_worker() -> None:
    timers = PlantedPage(late_ms=LATE_MS, held=(piece("TimerFire", LATE_MS, "burn (page/app.js:3)"),))
    report = build(recorded(timers, web_ms=QUIET_MS + LATE_MS, noise=0.005))
    assert not [one for one in parts(report)["page"].evidence if one.kind == "requests"]


def test_more_threads_than_cores_are_in_each_others_way_and_no_others_are() -> None:
    def crew(threads: int) -> tuple[ThreadUse, ...]:
        one = ThreadUse(process="renderer", thread="DedicatedWorker", cpu_ms=100.0, run_queue_ms=0.0)
        return tuple(replace(one, role="pool") for _ in range(threads - 1))

    def found(threads: int) -> dict[str, CauseRow]:
        page = PlantedPage(run_queue_ms=20.0, held=(piece("idle", 0.0),), others=(*crew(threads), MAIN))
        return parts(build(recorded(page, web_ms=QUIET_MS + 20.0)))

    enough, many = found(CORES), found(CORES + 2)
    assert enough["oversubscription"].verdict == "not-applicable"
    assert "no more threads than there are cores" in enough["oversubscription"].why
    assert ln(enough["main-thread-work"]) == pytest.approx(ln(enough["page"]))
    assert ln(many["oversubscription"]) > 0.9 * ln(many["page"])


def test_threads_of_the_browser_are_told_apart_by_their_names_with_share_and_ms() -> None:
    others = (
        MAIN,
        ThreadUse(process="renderer", thread="Compositor", cpu_ms=2.0, run_queue_ms=0.0),
        ThreadUse(process="renderer", thread="CompositorTileW", cpu_ms=3.0, run_queue_ms=0.0),
        ThreadUse(process="gpu", thread="VizCompositorTh", cpu_ms=4.0, run_queue_ms=0.0),
        ThreadUse(process="gpu", thread="chromium", cpu_ms=5.0, run_queue_ms=0.0),
    )
    page = PlantedPage(run_queue_ms=20.0, held=(piece("idle", 0.0),), others=others)
    work = (
        piece("TimerFire", 60.0, "burn (page/app.js:3)"),
        piece("Paint", 20.0),
        piece("Layout", 10.0),
        piece("MinorGC", 4.0),
        piece("gapprof:run", 500.0),
    )
    report = build(recorded(page, web_ms=QUIET_MS + 20.0, helpers=work))
    rows = {row["holder"]: row for row in report.page["on_the_cores_by_name"]}
    expected = {"main-thread": 6.0, "compositor": 6.0, "raster": 3.0, "gpu-process": 5.0}
    assert {name: row["ms_per_inference"] for name, row in rows.items()} == pytest.approx(expected)
    assert {name: row["share"] for name, row in rows.items()} == pytest.approx(
        {name: ms / 20 for name, ms in expected.items()}
    )
    found = parts(report)
    told = " ".join(one.text for one in found["browser-threads"].evidence)
    for words in ("The compositor had 30 % of it", "Raster threads had 15 %", "The GPU process had 25 %"):
        assert words in told
    (main,) = (one.text for one in found["main-thread-work"].evidence if "The page's main thread" in one.text)
    # Two seconds of the trace have twice the work, and 20 requests.
    assert "6.00 ms timers, 2.00 ms paint, 1.00 ms style and layout, 0.400 ms garbage collection" in main
    assert report.page["main_thread_ms"] == pytest.approx(
        {"timers": 6.0, "paint": 2.0, "style and layout": 1.0, "garbage collection": 0.4}
    )


def test_where_nobody_knew_which_threads_are_the_models_nobody_is_named() -> None:
    page = PlantedPage(run_queue_ms=20.0, held=(piece("idle", 0.0),), others=(DRAWING,))
    recording = recorded(page, web_ms=QUIET_MS + 20.0)
    assert build(recording).page["on_the_cores_by_name"]
    entries = tuple(
        replace(one, load=replace(one.load, threads=tuple(replace(use, role="") for use in one.load.threads)))
        if isinstance(one, Trial)
        else one
        for one in recording.entries
    )
    assert "on_the_cores_by_name" not in build(replace(recording, entries=entries)).page


def test_garbage_of_the_pages_own_workers_is_told_and_held_against_no_run() -> None:
    page = PlantedPage(late_ms=LATE_MS, held=(piece("TimerFire", LATE_MS, "burn (page/app.js:3)"),))
    recording = recorded(page, web_ms=QUIET_MS + LATE_MS)
    beside = (piece("MajorGC", 200.0, thread="DedicatedWorker thread"),)
    entries = tuple(
        replace(one, beside=beside) if isinstance(one, Trace) and one.rung == "web" else one
        for one in recording.entries
    )
    found = parts(build(replace(recording, entries=entries)))
    assert ln(found["gc"]) == pytest.approx(0.0, abs=1e-9)
    assert any("own workers collect garbage for 10.0 ms" in one.text for one in found["gc"].evidence)


def crowded(threads: int, settings: Settings, factors: dict[str, float], *, side_rounds: int = 0) -> Report:
    """Every paced run has that many threads; the helpers wait 3 ms each for a core, the model's own 5 ms."""
    helper = ThreadUse(
        process="renderer", thread="DedicatedWorker", cpu_ms=10.0, run_queue_ms=0.0, role="pool"
    )
    page = PlantedPage(run_queue_ms=5.0, held=(piece("idle", 0.0),), others=(helper,) * (threads - 1))
    machine = Machine(latency_ms=ladder_ms(factors), pages={"web-paced": page}, noise=0.005)
    recording = record(machine, settings, page_threads=threads, side_rounds=side_rounds)

    def waiting(entry: Entry) -> Entry:
        if not isinstance(entry, Trial) or entry.rung != "web-paced":
            return entry
        uses = tuple(
            replace(use, run_queue_ms=3.0 * len(entry.runs_ms)) if use.role == "pool" else use
            for use in entry.load.threads
        )
        return replace(entry, load=replace(entry.load, threads=uses))

    return build(replace(recording, entries=tuple(map(waiting, recording.entries))))


def test_more_threads_than_cores_are_told_on_the_quiet_page_as_well() -> None:
    report = crowded(CORES + 2, Settings(threads=CORES + 2), {})
    contention = next(row for row in report.causes if row.id == "contention")
    page = next(row for row in contention.children if row.id == "page")
    assert page.verdict == "not-applicable", "nothing is planted on the page"
    (one,) = (one for one in contention.evidence if "threads on 4 cores" in one.text)
    assert one.text.startswith("The model has 6 threads on 4 cores: per inference its helpers wait 15.0 ms")
    assert "the thread that calls it 5.00 ms" in one.text
    assert report.page["oversubscribed"]["web-paced"] == {
        "threads": 6,
        "cores": 4,
        "model_ms": pytest.approx(5.0),
        "pool_ms": pytest.approx(15.0),
    }


def test_as_many_threads_as_cores_are_not_too_many() -> None:
    report = crowded(CORES, Settings(threads=CORES), {})
    assert "oversubscribed" not in report.page
    contention = next(row for row in report.causes if row.id == "contention")
    assert not any("threads on" in one.text for one in contention.evidence)


def test_to_ask_for_no_more_threads_than_cores_is_an_action_where_the_ladder_shows_that_it_helps() -> None:
    settings = Settings(threads=CORES + 2)
    texts = [one.text for one in crowded(CORES + 2, settings, {"web-threads": 0.6}, side_rounds=3).actions]
    assert "Ask onnxruntime-web for no more threads than there are cores (4 threads)" in texts
    for factors in ({}, {"web-threads": 1.5}):
        texts = [one.text for one in crowded(CORES + 2, settings, factors, side_rounds=3).actions]
        assert not any("no more threads" in text for text in texts)


def test_what_a_request_waits_for_and_no_trace_shows_is_no_slower_run() -> None:
    """Timers come late on a page whose other timers wake it up, and nobody holds its thread meanwhile."""
    timers, idle = piece("TimerFire", 10.0, "burn (page/app.js:3)"), piece("idle", 20.0)
    page = PlantedPage(late_ms=LATE_MS, held=(timers, idle))
    found = parts(build(recorded(page, web_ms=QUIET_MS + LATE_MS)))
    whole = ln(found["page"])
    assert ln(found["main-thread-work"]) == pytest.approx(whole * 10 / 30)
    assert ln(found["unseen-waits"]) == pytest.approx(whole * 20 / 30)
    assert ln(found["slower-runs"]) == pytest.approx(0.0, abs=1e-9)


def test_a_run_that_just_takes_longer_is_told_alone_and_load_from_outside_is_not_counted() -> None:
    page = PlantedPage(held=(piece("idle", 0.0),))
    found = parts(build(recorded(page, web_ms=150.0)))
    assert ln(found["slower-runs"]) == pytest.approx(math.log(1.5))
    assert found["slower-runs"].verdict == "costs"
    assert ln(found["unseen-waits"]) == pytest.approx(0.0, abs=1e-9)
    waiting = recorded(PlantedPage(run_queue_ms=20.0, held=(piece("idle", 0.0),)), web_ms=120.0)
    loaded = replace(waiting, entries=tuple(_with_load_from_outside(one) for one in waiting.entries))
    found = parts(build(loaded))
    assert ln(found["main-thread-work"]) == pytest.approx(0.0, abs=1e-9)
    assert ln(found["slower-runs"]) == pytest.approx(0.0, abs=1e-9)
    assert ln(found["unseen-waits"]) == pytest.approx(ln(found["page"]))
    assert any("not counted against the page" in one.text for one in found["unseen-waits"].evidence)


def _with_load_from_outside(entry: object) -> object:
    load = getattr(entry, "load", None)
    if load is None or not load.threads:
        return entry
    return replace(entry, load=replace(load, machine_busy_ms=2 * load.wall_ms, own_cpu_ms=load.wall_ms))


def test_parts_add_up_to_the_page_whatever_the_noise() -> None:
    page = PlantedPage(
        late_ms=LATE_MS,
        run_queue_ms=5.0,
        held=(piece("TimerFire", 18.0, "a (page/a.js:1)"), piece("V8.GC_X", 6.0), piece("idle", 6.0)),
        inside=(piece("MajorGC", 2.0),),
        others=(MAIN, HELPER, DRAWING, TAB),
    )
    report = build(recorded(page, web_ms=QUIET_MS + LATE_MS + 9.0, noise=0.05))
    found = parts(report)
    whole = found.pop("page")
    assert sum(ln(row) for row in found.values()) == pytest.approx(ln(whole))
    assert whole.ms is not None
    assert sum(row.ms.point for row in found.values() if row.ms) == pytest.approx(whole.ms.point)


def test_without_a_trace_nobody_says_what_requests_wait_for() -> None:
    recording = recorded(PlantedPage(late_ms=LATE_MS, held=(piece("TimerFire", LATE_MS),)), web_ms=130.0)
    blind = replace(recording, entries=tuple(one for one in recording.entries if not isinstance(one, Trace)))
    assert set(parts(build(blind))) == {"page"}


def test_two_traced_passes_decide_nothing() -> None:
    timers = piece("TimerFire", LATE_MS, "burn (page/app.js:3)")
    recording = recorded(PlantedPage(late_ms=LATE_MS, held=(timers,)), web_ms=130.0)
    kept = tuple(one for one in recording.entries if not (isinstance(one, Trace) and one.round == 2))
    row = parts(build(replace(recording, entries=kept)))["main-thread-work"]
    assert row.verdict == "unclear"
    assert "2 so far; 3 decide" in row.why


def test_without_a_kernel_that_tells_the_trace_does_and_that_is_said() -> None:
    """A quarter of the run off the CPU, beside a tab and the page's main thread."""
    run = replace(piece("gapprof:run", 80.0), cpu_ms=60.0)
    page = PlantedPage(held=(piece("idle", 0.0),), inside=(run,))
    recording = recorded(page, web_ms=120.0)

    def without_a_kernel(entry: Entry) -> Entry:
        if isinstance(entry, Trace):
            return replace(entry, load=replace(entry.load, threads=(MAIN, TAB), told_by="trace"))
        if isinstance(entry, Trial):
            return replace(entry, load=replace(entry.load, threads=(), at_work_ms=None))
        return entry

    report = build(replace(recording, entries=tuple(map(without_a_kernel, recording.entries))))
    found = parts(report)
    whole, waited = ln(found["page"]), 120.0 / 4
    assert ln(found["other-tabs"]) == pytest.approx(whole * waited / 20.0 * 8 / 14)
    assert ln(found["main-thread-work"]) == pytest.approx(whole * waited / 20.0 * 6 / 14)
    assert any("by thread times of the trace" in one.text for one in found["slower-runs"].evidence)
    balance = next(check for check in report.checks if check.id == "scheduler-balance")
    assert balance.status == "unknown"
