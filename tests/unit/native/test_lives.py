"""A native process that is looked at through a model's life, and one on its way to a first result."""

import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.cold.natively import RECREATIONS, Natively, loaded_files, started
from gapprof.memory.natively import looked
from gapprof.memory.visits import CHUNKS
from gapprof.native.interpreter import looked_at
from gapprof.records.cold import NATIVE_CACHES, Creations, Start
from gapprof.records.job import Job, Pace
from gapprof.records.memory import STAGES, MemoryTrial
from gapprof.records.subject import NativeRefusal
from gapprof.subject import zoo
from gapprof.subject.open import open_subject
from tests.settings import QUIET

PACE = Pace(
    warmup_ms=10.0, warmup_runs=1, batch=1, samples=5, requests=20, think_ms=(1.0, 2.0), deadline_s=60.0
)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    folder = tmp_path_factory.mktemp("native")
    path = zoo.build("resnet20", folder)
    workdir = tmp_path_factory.mktemp("work")
    subject = open_subject(str(path), shapes={}, inputs=None, seed=0, workdir=workdir)
    return Job(
        rung="native",
        round=0,
        seed=0,
        setting=replace(QUIET, backend="native", graph="own"),
        model_path=str(subject.original.path),
        external_data=(),
        optimise=True,
        inputs_path=str(subject.inputs_path),
        outputs_path="",
        pace=PACE,
    )


def test_a_native_life_is_read_at_every_stage_but_that_of_leaving_a_page(job: Job, tmp_path: Path) -> None:
    found = looked(job, arena=True, model_bytes=1, scratch=tmp_path, now_s=lambda: 0.0)
    assert isinstance(found, MemoryTrial), found
    assert tuple(one.stage for one in found.stages) == STAGES[:-1]
    assert len(found.chunks) == CHUNKS
    held = {one.stage: one.processes["native"] for one in found.stages}
    assert held["start"] < held["load"] < held["create"]
    assert found.stages[-1].runs > found.stages[-2].runs


def test_a_native_start_is_taken_apart(job: Job, tmp_path: Path) -> None:
    loaded = loaded_files(job, scratch=tmp_path)
    assert not isinstance(loaded, NativeRefusal), loaded
    assert any("onnxruntime" in file.parts for file in loaded)
    assert any(file.suffix == ".pyc" for file in loaded)
    for cache in NATIVE_CACHES:
        found = started(job, cache=cache, loaded=loaded, scratch=tmp_path, now_s=lambda: 0.0)
        assert not isinstance(found, NativeRefusal), found
        start, *creations = found
        assert isinstance(start, Start)
        assert tuple(start.stages_ms) == ("process", "import", "session", "inputs", "first-run")
        assert all(ms > 0 for ms in start.stages_ms.values())
        assert start.runs_ms[0] == start.stages_ms["first-run"]
        assert start.load.wall_ms >= start.observed_ms
        if cache == "cold":
            assert creations == []
            _came_from_the_disk_as_far_as_it_says(start, job)
            continue
        assert start.kept_files == ()
        (made,) = creations
        assert isinstance(made, Creations)
        assert len(made.usual_ms) == len(made.parse_ms) == RECREATIONS
        assert min(*made.parse_ms, *made.usual_ms) > 0


def test_a_start_in_another_interpreter_is_taken_apart_like_one_in_ours(job: Job, tmp_path: Path) -> None:
    natively = Natively(interpreter=looked_at(sys.executable))
    found = started(job, cache="warm", loaded=(), scratch=tmp_path, now_s=lambda: 0.0, natively=natively)
    assert not isinstance(found, NativeRefusal), found
    start, _ = found
    assert isinstance(start, Start)
    assert tuple(start.stages_ms) == ("process", "import", "session", "inputs", "first-run")


def test_a_session_that_goes_back_to_the_processor_is_no_start_on_a_gpu(job: Job, tmp_path: Path) -> None:
    natively = Natively(interpreter=looked_at(sys.executable), provider="CUDAExecutionProvider")
    found = started(job, cache="warm", loaded=(), scratch=tmp_path, now_s=lambda: 0.0, natively=natively)
    assert isinstance(found, NativeRefusal)
    assert "CUDAExecutionProvider" in found.message


def _came_from_the_disk_as_far_as_it_says(start: Start, job: Job) -> None:
    if not start.kept_files or not start.read_bytes:
        pytest.skip("the system does not say what it has in memory, or what it reads")
    kept = {one.stage: one for one in start.kept_files}
    assert tuple(kept) == ("process", "import", "session")
    assert kept["session"].size_bytes == Path(job.model_path).stat().st_size
    assert kept["process"].kept_bytes > 0, "this very process uses a part of it"
    if not kept["import"].kept_bytes:
        assert start.read_bytes["import"] > kept["import"].size_bytes / 4


def test_what_onnxruntime_refuses_is_told_in_a_sentence(job: Job, tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    wrong = replace(job, model_path=str(broken))
    for found in (
        looked(wrong, arena=True, model_bytes=1, scratch=tmp_path, now_s=lambda: 0.0),
        started(wrong, cache="warm", loaded=(), scratch=tmp_path, now_s=lambda: 0.0),
    ):
        assert isinstance(found, NativeRefusal)
        assert "native onnxruntime cannot" in found.message
