import pytest
from msgspec.structs import replace

from gapprof.browser import tasks
from gapprof.facts.closing import LEAST_MS
from tests.unit.browser.jobs import JOB

BASE = "http://127.0.0.1:1/token/"


def test_back_to_back_asks_for_samples_and_paced_for_requests() -> None:
    timing = tasks.time_task(JOB)
    assert (timing.batch, timing.samples, timing.requests, timing.marks) == (3, 7, 0, False)
    assert timing.least_ms == 550.0
    paced = tasks.time_task(replace(JOB, setting=replace(JOB.setting, pacing="paced")))
    assert (paced.samples, paced.requests, paced.seed, paced.least_ms) == (0, 21, 5, 0.0)


def test_whoever_asks_for_runs_asks_under_a_trace_as_well() -> None:
    asking = replace(JOB, setting=replace(JOB.setting, pacing="paced", requests_from="worker"))
    assert tasks.time_task(asking).requests_from == "worker"
    assert tasks.traced_task(asking, run_ms=5.0).requests_from == "worker"
    assert tasks.time_task(JOB).requests_from == "page"


@pytest.mark.parametrize(("build", "simd"), [("served", None), ("1.18-simd", True), ("1.18-scalar", False)])
def test_only_builds_that_have_the_simd_switch_are_told(build: str, simd: bool | None) -> None:
    job = replace(JOB, setting=replace(JOB.setting, build=build))
    assert tasks.open_task(job, base=BASE, module="ort.mjs", inputs=()).simd is simd


def test_addresses_are_below_the_token_and_outputs_only_where_wanted() -> None:
    opening = tasks.open_task(JOB, base=BASE, module="esm/ort.js", inputs=())
    assert opening.ort_url == f"{BASE}ort/esm/ort.js"
    assert opening.model_url == f"{BASE}model/model.onnx"
    assert [(file.path, file.url) for file in opening.external_data] == [
        ("weights.bin", f"{BASE}model/weights.bin")
    ]
    assert opening.outputs_url is None
    wanted = tasks.open_task(replace(JOB, outputs_path="/o.npz"), base=BASE, module="m", inputs=())
    assert wanted.outputs_url == f"{BASE}outputs"


def test_the_chain_is_never_optimised_and_brings_its_own_input() -> None:
    opening = tasks.open_task(replace(JOB, optimise=True), base=BASE, module="m", inputs=())
    chain = tasks.chain_task(opening, base=BASE, path="C:\\run\\chain.onnx")
    assert chain.model_url == f"{BASE}chain/chain.onnx"
    assert not chain.optimise
    assert chain.external_data == ()
    assert [piece.size_bytes for piece in chain.inputs] == [len(tasks.CHAIN_INPUT)]


@pytest.mark.parametrize(("run_ms", "runs"), [(0.01, 32), (20.0, 15), (10_000.0, 8)])
def test_a_profile_has_as_many_runs_as_fit(run_ms: float, runs: int) -> None:
    opening = tasks.open_task(JOB, base=BASE, module="m", inputs=())
    task = tasks.profile_task(opening, run_ms=run_ms, most_runs=JOB.most_profiled_runs)
    assert task.runs == runs // task.blocks
    assert task.most_warmup_runs == 40


@pytest.mark.parametrize("nodes", [2_000, 20_000, 26_000])
def test_a_profile_of_a_large_graph_has_no_more_runs_than_the_profiler_keeps(nodes: int) -> None:
    """Of a million events, of which a page that holds them all needs 2.6 kB each."""
    opening = tasks.open_task(JOB, base=BASE, module="m", inputs=())
    most = replace(JOB, nodes=nodes).most_profiled_runs
    task = tasks.profile_task(opening, run_ms=0.01, most_runs=most)
    made = task.most_warmup_runs + task.blocks * (1 + task.runs)
    assert made <= most
    assert made * nodes < 500_000
    assert task.runs >= 1


@pytest.mark.parametrize(("period_ms", "requests"), [(5.0, 21), (50.0, 12), (310.0, 2), (4000.0, 1)])
def test_a_counted_stretch_is_long_enough_to_be_held_to_the_kernel_and_no_longer_than_the_timed_one(
    period_ms: float, requests: int
) -> None:
    paced = replace(JOB, setting=replace(JOB.setting, pacing="paced"))
    found = tasks.counted_task(paced, period_ms=period_ms)
    assert found == replace(tasks.time_task(paced), requests=requests)
    assert requests == JOB.pace.requests or requests * period_ms > 1.1 * LEAST_MS


def test_a_traced_stretch_marks_its_requests_and_stays_short() -> None:
    assert tasks.traced_task(JOB, run_ms=0.0).requests == tasks.MOST_TRACED_REQUESTS
    assert tasks.traced_task(JOB, run_ms=84.0).requests == 18
    slow = tasks.traced_task(JOB, run_ms=1000.0)
    assert (slow.requests, slow.marks) == (tasks.LEAST_TRACED_REQUESTS, True)
