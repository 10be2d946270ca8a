import pytest

from gapprof.backends.synthetic import Machine, PlantedFailure, ladder_ms
from gapprof.explain.report import build
from gapprof.records.report import CauseRow
from gapprof.records.settings import Settings
from tests.truth.recorder import CORES, FULL, record


def cause(name: str, machine: Machine, settings: Settings = FULL, *, page_threads: int = 2) -> CauseRow:
    report = build(record(machine, settings, page_threads=page_threads, side_rounds=2))
    return next(row for row in report.causes if row.id == name)


def test_a_page_with_every_core_has_no_thread_cause_and_says_so() -> None:
    row = cause("threads", Machine(), Settings(threads=CORES), page_threads=CORES)
    assert row.verdict == "not-applicable"
    assert row.why == f"the page gets as many threads as native takes: {CORES}"


def test_threads_save_what_they_would_on_the_web() -> None:
    """Native 2.05x, web 1.83x: the saving is the web's."""
    machine = Machine(latency_ms=ladder_ms({"native-threads": 2.05, "web-threads": 1 / 1.83}))
    row = cause("threads", machine)
    assert row.factor is not None
    assert row.saving_ms is not None
    assert row.factor.point == pytest.approx(2.05)
    assert row.saving_ms.point == pytest.approx(20.5 * (1 - 1 / 1.83))
    assert [(c.source, c.target, c.side) for c in row.contrasts] == [
        ("native", "native-threads", "native"),
        ("web-threads", "web", "web"),
    ]


def test_without_its_rung_threads_say_what_failed() -> None:
    machine = Machine(failures=(PlantedFailure(rung="native-threads", message="out of memory"),))
    row = cause("threads", machine)
    assert (row.verdict, row.why) == ("not-measured", "native-threads: failed: out of memory")


def test_a_worker_on_a_quiet_page_has_no_contention_to_show() -> None:
    row = cause(
        "contention", Machine(latency_ms=ladder_ms({"web-busy": 1.3})), Settings(where="worker", threads=2)
    )
    assert row.verdict == "not-applicable"
    assert row.why.startswith("not exercised here; on the built-in busy page 1.30x [1.30, 1.30]")
    assert "unclear" not in row.why
    assert row.rank is None


def test_a_busy_page_whose_interval_holds_1_is_not_told_as_slower() -> None:
    worker = Settings(where="worker", threads=2)
    noisy = Machine(launch_noise=0.5)
    report = build(record(noisy, worker, side_rounds=2, rounds=4))
    row = next(one for one in report.causes if one.id == "contention")
    assert row.why.startswith("not exercised here; on the built-in busy page ")
    assert row.why.endswith(", which is unclear: its interval holds 1")
    alone = build(record(Machine(latency_ms=ladder_ms({"web-busy": 1.3})), worker, rounds=1))
    row = next(one for one in alone.causes if one.id == "contention")
    assert "1.30x [one round], which is unclear: one round alone has no interval" in row.why


def test_the_main_thread_of_a_quiet_page_can_still_cost() -> None:
    machine = Machine(latency_ms=ladder_ms({"web-main": 1.4, "web-busy": 1.3}))
    row = cause("contention", machine, Settings(threads=2))
    assert row.verdict == "costs"
    assert "not exercised here" in row.why


def test_without_a_busy_page_that_is_said() -> None:
    machine = Machine(failures=(PlantedFailure(rung="web-busy", message="gone"),))
    row = cause("contention", machine, Settings(where="worker", threads=2))
    assert row.why == "not exercised here; the built-in busy page gave no figure"


def test_a_wasm_backend_has_no_gpu_layer() -> None:
    row = cause("gpu-abstraction", Machine())
    assert (row.verdict, row.factor, row.weights) == ("not-applicable", None, {})
    assert row.why


def test_without_a_rung_of_the_web_threads_save_nothing_that_anybody_knows() -> None:
    machine = Machine(latency_ms=ladder_ms({"native-threads": 2.0}), noise=0.005)
    report = build(record(machine))
    row = next(row for row in report.causes if row.id == "threads")
    assert (row.verdict, row.saving_ms) == ("costs", None)
    assert row.why == "no saving is given: the page was not measured with more threads"
    assert [(one.cause, one.basis) for one in report.actions] == [("threads", "predicted")]


def test_whoever_runs_in_a_worker_is_not_told_to() -> None:
    machine = Machine(latency_ms=ladder_ms({"web": 1.5}))
    row = cause("contention", machine, Settings(where="worker", threads=2, page="busy"))
    advice = [row.advice, *(child.advice for child in row.children)]
    assert not [text for text in advice if text.startswith("Run the model in a worker")]


@pytest.mark.parametrize(("times", "harm"), [(1.5, True), (0.7, False)])
def test_nobody_is_told_to_take_a_worker_that_was_seen_to_do_harm(times: float, harm: bool) -> None:
    machine = Machine(latency_ms=ladder_ms({"web-in-worker": times}))
    main = Settings(where="main", threads=2, rungs="web-in-worker")
    report = build(record(machine, main, side_rounds=2, side=("web-in-worker",)))
    row = next(one for one in report.causes if one.id == "contention")
    advice = [row.advice, *(child.advice for child in row.children)]
    assert any("Leave the model on the main thread" in text for text in advice) == harm
    assert any(text.startswith("Run the model in a worker") for text in advice) != harm


def test_a_main_thread_that_was_measured_is_not_called_unexercised() -> None:
    machine = Machine(latency_ms=ladder_ms({"web-main": 1.4, "web-busy": 1.3}))
    row = cause("contention", machine, Settings(threads=2))
    assert row.why.startswith("the page's own work: not exercised here")


def test_int8_is_promised_to_nobody() -> None:
    assert "int8" not in cause("simd", Machine()).advice
