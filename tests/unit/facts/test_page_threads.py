"""Threads beside the model's on the cores: the browser's, by name, and more of the model's than cores."""

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedPage, ladder_ms
from gapprof.explain.report import build
from gapprof.records.recording import Entry
from gapprof.records.report import CauseRow, Report
from gapprof.records.settings import Settings
from gapprof.records.trial import ThreadUse, Trace, Trial
from tests.truth.recorder import CORES, record
from tests.unit.facts.pages import DRAWING, LATE_MS, MAIN, QUIET_MS, ln, parts, piece, recorded


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
