"""Models on WebGPU in real Chromium: recorded, and replayed with and without the browser on one driver."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.facts.adapters import differences, is_software
from gapprof.facts.agreement import agrees
from gapprof.facts.gpu_operators import join
from gapprof.facts.gpu_programs import may_launch_nothing
from gapprof.gpu import graphics, recorded, replayed, steady, toggles
from gapprof.gpu.against_native import checked
from gapprof.gpu.asked import asked
from gapprof.gpu.placed import placed
from gapprof.gpu.replayed import InBrowser, TraceFile
from gapprof.gpu.timing import timed
from gapprof.gpu.visited import Gpu
from gapprof.records.gpu import GpuBuild, GpuReplay
from gapprof.records.impossible import impossible
from gapprof.records.job import Job
from gapprof.subject.sketch import Sketch
from tests.browser.gpu_models import LINKS, MODELS, job_of
from tests.browser.gpu_places import QUICK, Places, quickly

ITERATIONS, PARTS = 3, 3
OFTEN = ("cnn", "chain")
"""Large shaders of several kinds, and very many dispatches; the others are replayed in the long tests."""
AS_SHIPPED = "chain"
"""Replayed with nothing taken away; none of its shaders has any memory to clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    job: Job
    recording: recorded.Recording
    in_browser: GpuReplay
    in_node: GpuReplay


def made(name: str, places: Places, folder: Path, build: GpuBuild = "asyncify") -> recorded.Recording:
    job = quickly(job_of(name, folder))
    path = folder / f"{name}.trace"
    return recorded.record(job, places.browser.gpu, path, dist=assets.web_dist(), build=build)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gpu")


@pytest.fixture(scope="module")
def chain(places: Places, folder: Path) -> recorded.Recording:
    return made("chain", places, folder)


def often(*names: str) -> list[object]:
    """All models, but for these in the long tests alone."""
    return [pytest.param(name, marks=() if name in names else pytest.mark.long) for name in MODELS]


@pytest.fixture(scope="module", params=often(*OFTEN))
def ran(request: pytest.FixtureRequest, places: Places, folder: Path, chain: recorded.Recording) -> Ran:
    name = request.param
    recording = chain if name == "chain" else made(name, places, folder)
    subject = TraceFile(path=recording.path, trace=recording.trace)
    wanted = toggles.DEFAULT if name == AS_SHIPPED else QUICK
    return Ran(
        job=job_of(name, folder),
        recording=recording,
        in_browser=replayed.replay(
            subject, places.browser, toggles=wanted, iterations=ITERATIONS, parts=PARTS
        ),
        in_node=replayed.replay(subject, places.node, toggles=wanted, iterations=ITERATIONS, parts=PARTS),
    )


def test_the_gpu_computes_what_native_does_and_follows_its_input(ran: Ran, tmp_path: Path) -> None:
    checks = checked(ran.job, tmp_path)
    assert [check.output for check in checks] == ["y"]
    assert all(agrees(check) for check in checks)
    with np.load(ran.job.outputs_path) as outputs:
        assert np.unique(outputs["y"]).size > outputs["y"].size / 2


def test_steady_runs_ask_for_the_same(ran: Ran) -> None:
    found = steady.summary(ran.recording.trace)
    first, *_, before, last = found.runs
    assert before.calls == last.calls
    assert (before.uploaded_bytes, before.read_bytes) == (last.uploaded_bytes, last.read_bytes)
    assert last.dispatches >= 2
    assert last.submits >= 1
    assert last.pipelines == 0
    assert found.pipelines >= first.pipelines > 0  # some belong to the session's own making
    with np.load(ran.job.outputs_path) as outputs:
        assert last.read_bytes >= outputs["y"].nbytes


def test_a_replay_reads_every_byte_again_with_and_without_the_browser(ran: Ran) -> None:
    for one in (ran.in_browser, ran.in_node):
        read_bytes = steady.summary(ran.recording.trace).runs[-1].read_bytes
        again = recorded.RUNS - 1 + replayed.WARMUP + ITERATIONS
        assert (one.compared_bytes, one.differing_bytes) == (read_bytes * again, 0)
        assert one.errors == ()


def test_both_find_out_a_spoilt_input(ran: Ran) -> None:
    for one in (ran.in_browser, ran.in_node):
        assert one.parts.control_differing_bytes > one.parts.control_compared_bytes / 10
        assert 1 <= one.parts.proven_runs <= ITERATIONS
        assert one.exact


def test_every_time_is_part_of_a_run(ran: Ran) -> None:
    for one in (ran.in_browser, ran.in_node):
        assert len(one.total_ms) == len(one.encode_ms) == len(one.submit_to_map_ms) == ITERATIONS
        for total, encode, waited in zip(one.total_ms, one.encode_ms, one.submit_to_map_ms, strict=True):
            assert 0 <= encode <= total
            assert 0 < waited <= total
        assert 0 <= one.pipelines_ms <= one.setup_ms


def test_what_a_run_is_made_of_is_part_of_the_run(ran: Ran) -> None:
    for one in (ran.in_browser, ran.in_node):
        assert [course.total_ms for course in one.courses] == pytest.approx(one.total_ms)
        assert {course.submits for course in one.courses} == {
            steady.summary(ran.recording.trace).runs[-1].submits
        }
        assert (one.parts.why, one.parts.differing_bytes) == ("", 0)
        assert one.parts.compared_bytes > 0
        assert one.parts.unbroken_ms == ()
        assert min(*one.parts.prepared_ms, *one.parts.reading_ms, *one.parts.uploading_ms) > 0
        for course, wait in zip(one.courses, one.parts.end_waits_ms, strict=True):
            assert 0 < wait <= course.waits_ms * (1 + 1e-9)


def test_all_three_were_the_same_adapter(ran: Ran, places: Places) -> None:
    recording = ran.recording.trace.adapter.identity
    for one in (ran.in_browser, ran.in_node):
        assert differences(recording, one.adapter) == ()
        assert is_software(one.adapter) == ("swiftshader" in one.adapter.architecture)
    asked = any("swiftshader" in word for word in places.browser.gpu.graphics.browser_args)
    assert is_software(recording) or not asked


def test_the_library_is_named_by_what_was_served(ran: Ran) -> None:
    assert ran.recording.wasm_file == "ort-wasm-simd-threaded.asyncify.wasm"
    assert ran.recording.trace.header.about["onnxruntime-web"] == ran.recording.ort_version == "1.30.0"


@pytest.mark.parametrize("build", ["jsep", pytest.param("jspi", marks=pytest.mark.long)])
def test_other_builds_are_other_files_and_are_replayed_as_well(
    build: GpuBuild, places: Places, tmp_path: Path
) -> None:
    """JSEP is another library; JSPI's has asyncify's kernels, and waits in another way."""
    recording = made("matmul", places, tmp_path, build)
    assert recording.wasm_file == f"ort-wasm-simd-threaded.{build}.wasm"
    assert all(agrees(check) for check in checked(job_of("matmul", tmp_path), tmp_path))
    subject = TraceFile(path=recording.path, trace=recording.trace)
    assert replayed.replay(subject, places.node, toggles=QUICK, iterations=1, parts=0).exact


@pytest.mark.long
def test_a_worker_asks_for_the_same_as_the_page(
    places: Places, chain: recorded.Recording, tmp_path: Path
) -> None:
    job = quickly(job_of("chain", tmp_path))
    job = replace(job, setting=replace(job.setting, where="worker"))
    path = tmp_path / "a.trace"
    found = recorded.record(job, places.browser.gpu, path, dist=assets.web_dist())
    own, pages = steady.summary(found.trace).runs[-1], steady.summary(chain.trace).runs[-1]
    assert own.calls == pages.calls


def test_calls_are_made_again_where_it_is_asked_for(places: Places, chain: recorded.Recording) -> None:
    """In a worker as on the main thread, byte by byte, and each says of itself where it ran."""
    subject = TraceFile(path=chain.path, trace=chain.trace)
    worker = dataclasses.replace(places.browser, where="worker")
    found = replayed.replay(subject, worker, toggles=QUICK, iterations=ITERATIONS, parts=0)
    assert (found.where, found.exact, found.errors) == ("worker", True, ())
    assert len(found.total_ms) == ITERATIONS


def test_replays_say_where_they_ran(ran: Ran) -> None:
    assert (ran.in_browser.where, ran.in_node.where) == ("main", None)


def test_each_dispatch_has_a_time_on_the_gpus_clock(places: Places, chain: recorded.Recording) -> None:
    """Runs in which that clock goes backwards are recorded as they are, and reports leave them out."""
    subject = TraceFile(path=chain.path, trace=chain.trace)
    for place in (places.browser, places.node):
        found = replayed.timeline(subject, place, iterations=ITERATIONS)
        assert len(found.dispatches) == LINKS
        assert {one.pipeline for one in found.dispatches} == {"Mul", "Add", "Neg"}
        runs = [
            [time for one in found.dispatches for time in (one.begins_ns[run], one.ends_ns[run])]
            for run in range(ITERATIONS)
        ]
        assert {times[0] for times in runs} == {0.0}
        assert any(times == sorted(times) and times[-1] > 0.0 for times in runs)
        assert (found.differing_bytes, found.errors) == (0, ())
        assert found.compared_bytes > 0
        assert len(found.waited_ms) == len(found.idle_map_ms) == ITERATIONS
        assert all(ms > 0 for ms in (*found.waited_ms, *found.idle_map_ms))
        assert found.waits >= 1
        assert found.idle_map_bytes == 16 * LINKS
        assert any(0 <= ns < times[-1] for times in runs for ns in found.empty_ns), "one of so many, idle"


@pytest.mark.parametrize("ran", often("cnn"), indirect=True)
def test_dispatches_are_joined_to_the_nodes_that_ran(ran: Ran, places: Places) -> None:
    nodes = placed(quickly(ran.job), places.browser.gpu, dist=assets.web_dist()).nodes
    programs = [one.program for one in asked(ran.recording.trace).dispatches]
    found = join(nodes, programs)
    assert len(programs) == steady.summary(ran.recording.trace).runs[-1].dispatches
    assert found.unnamed == ()
    assert sorted(at for one in found.joined for at in one.dispatches) == list(range(len(programs)))
    without = {
        node.op_type for one in found.joined if one.on_gpu and not one.dispatches for node in one.nodes
    }
    assert all(may_launch_nothing(op_type) for op_type in without)


def test_every_dispatch_binds_what_it_reads_and_writes(chain: recorded.Recording) -> None:
    """Rows of 32 floats, read and written; the library may round buffers up."""
    found = asked(chain.trace)
    assert all(one.bound_bytes >= 2 * 32 * 4 for one in found.dispatches)
    assert {one.submit for one in found.dispatches} <= set(range(found.submits))


@pytest.mark.long  # in `make test` a model that stops for the same operator is placed, and replayed
def test_an_operator_without_a_kernel_runs_elsewhere_between_two_copies(
    places: Places, tmp_path: Path
) -> None:
    sketch = Sketch("mixed", seed=1)
    x = sketch.node("before", "Neg", [sketch.input("x", [8, 8])])
    sketch.output(sketch.node("after", "Neg", [sketch.node("alone", "Det", [x])]), "y", [])
    job = quickly(job_of("matmul", tmp_path))
    sketch.save(Path(job.model_path))
    np.savez(job.inputs_path, x=np.eye(8, dtype=np.float32))
    found = placed(job, places.browser.gpu, dist=assets.web_dist())
    assert [node.op_type for node in found.elsewhere] == ["Det"]
    assert {node.provider for node in found.nodes if node.op_type == "Neg"} == {"WebGpuExecutionProvider"}
    assert [node.op_type for node in found.copies] == ["MemcpyToHost", "MemcpyFromHost"]


def test_where_one_place_has_no_gpu_dispatches_are_timed_in_the_next(
    places: Places, chain: recorded.Recording
) -> None:
    bare = InBrowser(
        gpu=Gpu(
            equipment=places.browser.gpu.equipment,
            graphics=graphics.Graphics(browser_args=("--disable-gpu",)),
        )
    )
    found = timed(chain.path, [bare, places.node], iterations=2)
    assert found.timeline is not None, found.why
    assert (found.timeline.place, found.why) == ("dawn", "")
    assert [one.program for one in found.asked] == [one.pipeline for one in found.timeline.dispatches]
    assert impossible(found) == ""
    none = timed(chain.path, ["Dawn is missing", bare], iterations=2)
    assert none.timeline is None
    assert none.why.startswith("Dawn is missing; in the browser: WebGPU has no adapter here")
