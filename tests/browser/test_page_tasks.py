"""The page's tasks in a real browser, on its main thread and in a worker of it."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from msgspec import Struct
from msgspec.structs import replace

from gapprof import assets
from gapprof.browser import tensors
from gapprof.browser.server import Serving
from gapprof.records.wire.contrast import Contrasted, ContrastTask
from gapprof.records.wire.open import Opened
from gapprof.records.wire.profile import Profiled, ProfileTask
from gapprof.records.wire.tensors import TensorSlice
from gapprof.records.wire.time import Timed, TimeTask
from gapprof.records.wire.trouble import Broke
from tests.browser.page_driver import Small, Visited, open_task, small_model, visit

BACK_TO_BACK = TimeTask(batch=3, samples=5, requests=0, think_ms=(0.0, 0.0), seed=1)
GOING_ON = replace(BACK_TO_BACK, least_ms=60.0)
PACED = TimeTask(batch=1, samples=0, requests=4, think_ms=(1.0, 3.0), seed=1, marks=True)
SECOND_ALONE = replace(PACED, requests=1, think_ms=(0.0, 400.0), seed=45, first=1)
THOUGHT_MS = 366.0
"""Before its second request, by that seed; 15 ms before its first."""
RUNS = 4


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return small_model(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module", params=["main", "worker"])
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def visited(small: Small, where: str) -> Visited:
    def tasks(server: Serving, slices: tuple[TensorSlice, ...]) -> list[Struct]:
        opening = open_task(server, small, slices, where=where, threads=2)
        broken = replace(opening, model_url=server.url("model/nothing.onnx"))
        garbage = replace(opening, model_url=server.url("model/inputs.npz"))
        return [
            opening,
            BACK_TO_BACK,
            PACED,
            ProfileTask(open=opening, blocks=2, runs=RUNS // 2),
            broken,
            garbage,
            PACED,
            ContrastTask(other=opening, batch=3, rounds=5),
            GOING_ON,
            SECOND_ALONE,
        ]

    return visit(small, tasks)


@pytest.fixture(scope="module")
def reference(small: Small) -> dict[str, np.ndarray]:
    session = ort.InferenceSession(small.path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, small.inputs), strict=True))


def test_the_model_opens_where_it_was_asked_to(visited: Visited, where: str) -> None:
    opened = visited.answers[0]
    assert isinstance(opened, Opened)
    assert opened.where == where
    assert opened.isolated
    assert opened.threads == 2
    assert opened.ort_version == "1.30.0"
    assert opened.page_url.endswith("/pages/plain.html")
    assert set(opened.cold_ms) == {"import", "fetch", "create", "first_run"}
    assert opened.warmup_ms[0] == opened.cold_ms["first_run"]
    assert len(opened.warmup_ms) == 3


def test_every_dtype_comes_back_as_the_native_side_has_it(
    visited: Visited, reference: dict[str, np.ndarray]
) -> None:
    opened = visited.answers[0]
    assert isinstance(opened, Opened)
    outputs = tensors.unpacked(visited.outputs, opened.outputs)
    assert list(outputs) == list(reference)
    for name, expected in reference.items():
        assert outputs[name].dtype == expected.dtype
        np.testing.assert_allclose(
            np.asarray(outputs[name], dtype=np.float64), np.asarray(expected, dtype=np.float64), atol=1e-5
        )


def test_back_to_back_timing_gives_the_samples_asked_for(visited: Visited) -> None:
    timed = visited.answers[1]
    assert isinstance(timed, Timed)
    assert len(timed.samples_ms) == BACK_TO_BACK.samples
    assert timed.requests_ms == timed.runs_ms == ()
    assert timed.stretch_ms >= sum(timed.samples_ms) * BACK_TO_BACK.batch * 0.999


def test_paced_requests_are_timed_from_when_they_were_due(visited: Visited) -> None:
    timed = visited.answers[2]
    assert isinstance(timed, Timed)
    assert timed.samples_ms == ()
    assert len(timed.requests_ms) == len(timed.runs_ms) == PACED.requests
    assert all(run <= request for run, request in zip(timed.runs_ms, timed.requests_ms, strict=True))


def test_the_profile_names_the_nodes_as_the_native_one_does(visited: Visited, small: Small) -> None:
    profiled = visited.answers[3]
    assert isinstance(profiled, Profiled), profiled
    assert {node.name for node in profiled.nodes} == {
        "layer0/mm", "layer0/tanh", "layer1/mm", "layer1/tanh", "layer2/mm", "layer2/tanh",
        "through/k", "through/b", "through/h",
    }  # fmt: skip
    assert {node.op_type for node in profiled.nodes} == {"MatMul", "Tanh", "Identity"}
    assert {node.provider for node in profiled.nodes} == {"CPUExecutionProvider"}


def test_the_profile_holds_one_value_per_run_everywhere(visited: Visited) -> None:
    profiled = visited.answers[3]
    assert isinstance(profiled, Profiled)
    halves = (profiled.unprofiled_ms, profiled.profiled_ms, profiled.model_run_ms)
    assert {len(values) for values in halves} == {RUNS}
    assert {len(node.samples_ms) for node in profiled.nodes} == {RUNS}


def test_a_missing_model_is_an_answer_that_says_so(visited: Visited) -> None:
    broke = visited.answers[4]
    assert isinstance(broke, Broke)
    assert broke.phase == "load"
    assert "nothing.onnx: 404" in broke.message


def test_a_file_that_is_no_model_breaks_at_creation(visited: Visited) -> None:
    broke = visited.answers[5]
    assert isinstance(broke, Broke)
    assert broke.phase == "create"


def test_a_failure_leaves_the_session_that_was_open(visited: Visited) -> None:
    assert isinstance(visited.answers[6], Timed)


def test_two_models_are_timed_in_turn_and_the_one_that_was_open_stays_so(visited: Visited) -> None:
    contrasted = visited.answers[7]
    assert isinstance(contrasted, Contrasted), contrasted
    assert len(contrasted.open_ms) == len(contrasted.other_ms) == 5
    assert min(*contrasted.open_ms, *contrasted.other_ms) > 0
    assert isinstance(visited.answers[8], Timed)


def test_short_runs_are_timed_on_until_they_lasted_long_enough(visited: Visited) -> None:
    """And no longer. As many as were asked for take a hundredth of that, unless a core is away meanwhile."""
    timed = visited.answers[8]
    assert isinstance(timed, Timed)
    assert timed.stretch_ms >= GOING_ON.least_ms
    *before_ms, _ = (ms * GOING_ON.batch for ms in timed.samples_ms)
    assert len(timed.samples_ms) >= GOING_ON.samples
    assert len(timed.samples_ms) == GOING_ON.samples or sum(before_ms) < GOING_ON.least_ms


def test_a_request_thinks_as_long_before_whatever_piece_it_is_asked_in(visited: Visited) -> None:
    timed = visited.answers[9]
    assert isinstance(timed, Timed)
    assert len(timed.requests_ms) == 1
    assert timed.stretch_ms >= THOUGHT_MS


@pytest.mark.long  # of a stranger's page, in a worker as well: see below
def test_without_isolation_the_page_gets_one_thread(small: Small) -> None:
    visited = visit(
        small,
        lambda server, slices: [open_task(server, small, slices, where="worker", threads=2)],
        isolated=False,
    )
    [opened] = visited.answers
    assert isinstance(opened, Opened)
    assert (opened.threads, opened.isolated) == (1, False)


@pytest.mark.long  # by visits as they are: see test_one_file and test_lattice
@pytest.mark.parametrize("simd", [True, False])
def test_the_older_builds_agree_with_the_native_side(
    small: Small, reference: dict[str, np.ndarray], simd: bool
) -> None:
    visited = visit(
        small,
        lambda server, slices: [replace(open_task(server, small, slices, where="worker"), simd=simd)],
        dist=assets.web_dist_118(),
    )
    [opened] = visited.answers
    assert isinstance(opened, Opened), opened
    assert opened.ort_version == "1.18.0"
    outputs = tensors.unpacked(visited.outputs, opened.outputs)
    np.testing.assert_allclose(outputs["t2"], reference["t2"], atol=1e-5)


@pytest.mark.parametrize(
    ("where", "isolated"),
    [
        ("main", True),
        ("worker", False),
        pytest.param("main", False, marks=pytest.mark.long),
        pytest.param("worker", True, marks=pytest.mark.long),
    ],
)
def test_the_tasks_are_carried_out_inside_a_page_of_another_origin(
    small: Small, where: str, isolated: bool, tmp_path: Path
) -> None:
    def tasks(server: Serving, slices: tuple[TensorSlice, ...]) -> list[Struct]:
        opening = open_task(server, small, slices, where=where, threads=2)
        return [opening, PACED, ProfileTask(open=opening, blocks=2, runs=RUNS // 2)]

    visited = visit(small, tasks, isolated=isolated, stranger=tmp_path)
    opened, timed, profiled = visited.answers
    assert isinstance(opened, Opened), opened
    assert (opened.where, opened.isolated, opened.threads) == (where, isolated, 2 if isolated else 1)
    assert "/index.html" in opened.page_url
    assert isinstance(timed, Timed), timed
    assert isinstance(profiled, Profiled), profiled
