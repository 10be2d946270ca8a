"""What is told of a page's cost: what to change, and in a worker runs apart from late requests."""

import pytest

from gapprof.backends.synthetic import PlantedPage
from gapprof.explain.report import build
from gapprof.records.report import CauseRow
from gapprof.records.settings import Settings
from tests.unit.facts.pages import LATE_MS, MAIN, QUIET_MS, TAB, parts, piece, recorded

ASKED_LATE = "is mostly requests that wait for the page's main thread to ask"
IN_THE_WAY = "is the page's own work getting in the way"


def test_what_to_change_follows_from_what_costs() -> None:
    tabs = PlantedPage(run_queue_ms=20.0, held=(piece("idle", 0.0),), others=(TAB,))
    assert [one.text for one in build(recorded(tabs, web_ms=120.0)).actions if one.cause == "contention"] == [
        "Close other tabs that are at work"
    ]
    timers = PlantedPage(late_ms=LATE_MS, held=(piece("TimerFire", LATE_MS, "burn (page/app.js:3)"),))
    (action,) = (one for one in build(recorded(timers, web_ms=130.0)).actions if one.cause == "contention")
    assert action.text.startswith("Let the page do less beside the model")
    assert action.then_ms.point == pytest.approx(100.0, rel=0.01)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("GLES2::ReadPixels", "Read pixels back from the GPU less often, or without a wait"),
        ("GLES2::Finish", "Ask the GPU less often for what has to be waited for"),
    ],
)
def test_whoever_waits_for_the_gpu_is_told_to_wait_less_and_where(name: str, instead: str) -> None:
    held = (piece(name, LATE_MS, "drawMask (page/app.js:3)"),)
    work = (piece(name, 300.0, "drawMask (page/app.js:3)"), piece("TimerFire", 80.0, "burn (page/app.js:9)"))
    recording = recorded(PlantedPage(late_ms=LATE_MS, held=held), web_ms=130.0, helpers=work)
    (action,) = (one for one in build(recording).actions if one.cause == "contention")
    assert action.text.startswith(instead)
    assert action.text.endswith(", first of all in drawMask (page/app.js:3)")


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
    assert f"1.3x {ASKED_LATE}" in report.headline


def test_in_a_worker_runs_that_are_slowed_are_not_called_unharmed() -> None:
    page = PlantedPage(run_queue_ms=20.0, held=(piece("idle", 0.0),), others=(MAIN,))
    settings = Settings(threads=2, page="busy", where="worker")
    report = build(recorded(page, web_ms=QUIET_MS + 20.0, settings=settings, noise=0.005))
    texts = [one.text for one in parts(report)["page"].evidence if one.kind == "requests"]
    assert [text.partition(" takes ")[0] for text in texts] == ["A run itself, in the worker,"]
    assert f"1.2x {IN_THE_WAY}" in report.headline


def test_in_a_worker_the_larger_part_of_both_gives_a_page_its_words() -> None:
    settings = Settings(threads=2, page="busy", where="worker")
    for late_ms, run_queue_ms, phrase in ((30.0, 10.0, ASKED_LATE), (10.0, 30.0, IN_THE_WAY)):
        held = (piece("TimerFire", late_ms, "burn (page/app.js:3)"),)
        page = PlantedPage(late_ms=late_ms, run_queue_ms=run_queue_ms, held=held, others=(MAIN,))
        report = build(recorded(page, web_ms=QUIET_MS + 40.0, settings=settings, noise=0.005))
        assert f"1.4x {phrase}" in report.headline


def test_on_the_main_thread_nothing_is_told_of_a_worker() -> None:
    timers = PlantedPage(late_ms=LATE_MS, held=(piece("TimerFire", LATE_MS, "burn (page/app.js:3)"),))
    report = build(recorded(timers, web_ms=QUIET_MS + LATE_MS, noise=0.005))
    assert not [one for one in parts(report)["page"].evidence if one.kind == "requests"]
    assert f"1.3x {IN_THE_WAY}" in report.headline
