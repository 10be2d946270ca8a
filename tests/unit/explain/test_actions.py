from dataclasses import replace

import pytest

from gapprof.backends.synthetic import Machine, PlantedNode, ladder_ms
from gapprof.explain.report import build
from gapprof.records.report import Report
from gapprof.records.settings import Settings
from tests.truth.recorder import FULL, record


def report(factors: dict[str, float], settings: Settings = FULL, noise: float = 0.005) -> Report:
    return build(record(Machine(latency_ms=ladder_ms(factors), noise=noise), settings, side_rounds=3))


@pytest.mark.parametrize(
    ("rung", "cause", "owner", "word"),
    [
        ("web-main", "contention", "page", "worker"),
        ("web", "contention", "page", "less beside the model"),
        ("web-graph", "library", "model", "EXTENDED"),
        ("web-flags", "runtime", "page", "--user-flag"),
    ],
)
def test_a_step_that_costs_and_is_the_readers_is_an_action(
    rung: str, cause: str, owner: str, word: str
) -> None:
    found = report({rung: 1.5}).actions
    assert [(one.cause, one.owner, one.basis) for one in found] == [(cause, owner, "predicted")]
    assert word in found[0].text
    assert found[0].then_ms.point == pytest.approx(found[0].now_ms.point / 1.5, rel=0.02)


@pytest.mark.parametrize("rung", ["web-main", "web", "web-graph", "web-flags"])
def test_what_saves_or_is_unclear_is_no_action(rung: str) -> None:
    assert report({rung: 0.7}).actions == ()
    assert report({rung: 1.03}, noise=0.2).actions == ()


def test_what_nobody_reading_can_change_is_no_action() -> None:
    assert (
        report({"native-128": 3.0, "native-all-128": 3.0, "web-worker": 2.0, "web-paced": 1.5}).actions == ()
    )


def test_actions_come_by_what_they_win() -> None:
    found = report({"web-main": 1.2, "web": 1.6, "web-threads": 0.9}).actions
    assert [one.text.split()[0] for one in found] == ["Let", "Run", "Ask"]


def test_without_a_measured_remedy_threads_are_predicted_from_native() -> None:
    machine = Machine(latency_ms=ladder_ms({"native-threads": 2.0}), noise=0.005)
    found = build(record(machine)).actions
    assert [(one.text, one.basis) for one in found] == [("Ask onnxruntime-web for 4 threads", "predicted")]
    assert found[0].then_ms.point == pytest.approx(10.0, rel=0.02)


def test_a_remedy_that_was_tried_and_did_not_help_is_not_predicted_after_all() -> None:
    assert report({"native-threads": 2.0, "web-threads": 1.0}).actions == ()


def test_a_measured_remedy_says_that_it_was_measured() -> None:
    found = report({"web-threads": 0.6}).actions[0]
    assert (found.basis, found.cause) == ("measured", "threads")
    assert found.text == "Ask onnxruntime-web for a thread per core (4 threads)"


@pytest.mark.parametrize(("native", "told"), [(2.0, True), (1.0, False)])
def test_what_native_shows_beyond_doubt_the_page_needs_to_show_only_once(native: float, told: bool) -> None:
    """Three noisy rounds: the gain stands at 95 %, and not as one verdict of five."""
    factors = {"native-threads": native, "web-threads": 0.6}
    machine = Machine(latency_ms=ladder_ms(factors), launch_noise=0.05, seed=3)
    assert bool(build(record(machine, FULL, side_rounds=3)).actions) == told


def test_now_and_then_are_of_one_machine_although_it_got_slower_meanwhile() -> None:
    """Side rungs have rounds of their own, after the others; the page is visited in them as well."""
    slower = Machine(
        latency_ms=ladder_ms({"web-threads": 0.6}),
        noise=0.005,
        weather=lambda job: 0.7 if job.round >= 6 else 0.0,
    )
    found = build(record(slower, FULL, rounds=6, side_rounds=3)).actions[0]
    assert found.then_ms.point == pytest.approx(0.6 * found.now_ms.point, rel=0.02)


CAST = PlantedNode(name="InsertedPrecisionFreeCast_x", op_type="Cast", share=0.25)
CONV = PlantedNode(name="conv", share=0.75)


def with_casts(*nodes: PlantedNode, passes: int = 3) -> tuple[str, ...]:
    machine = Machine(nodes=nodes, noise=0.005)
    found = build(record(machine, Settings(threads=2), profiled_passes=passes)).actions
    return tuple(one.text for one in found)


def test_casts_that_the_file_does_not_have_are_a_change_of_its_type() -> None:
    machine = Machine(nodes=(CONV, CAST), noise=0.005)
    (action,) = build(record(machine, Settings(threads=2))).actions
    assert action.text == "Deploy the model in float32, which saves 1 inserted cast"
    assert (action.owner, action.cause, action.basis) == ("model", "library", "predicted")
    assert action.then_ms.point == pytest.approx(0.75 * action.now_ms.point, rel=0.03)
    assert action.then_ms.low < action.then_ms.point < action.then_ms.high


def test_casts_of_the_files_own_and_too_few_passes_promise_nothing() -> None:
    assert with_casts(CONV, CAST)
    assert with_casts(CONV, replace(CAST, name="own_cast")) == ()
    assert with_casts(CONV, CAST, passes=2) == ()
