"""Whatever a model does, the native side answers in time, names what failed and leaves nothing running."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from gapprof.backends.native import BACKEND, NativeBackend
from gapprof.records.job import Job
from gapprof.records.trial import Profile
from tests.hostile.native_worker.visits import failed, posix
from tests.unit.native.models import save, value

GIB = 1 << 30


def _with_node(job: Job, node: onnx.NodeProto) -> Job:
    model = onnx.load(job.model_path)
    model.graph.node[-1].CopyFrom(node)
    onnx.save(model, job.model_path)
    return job


@pytest.mark.parametrize("content", [b"", b"not an ONNX file", b"\x08\x08" * 500, b"\xff" * 4096])
def test_a_file_that_is_no_model_is_the_models_fault(content: bytes, job: Job) -> None:
    Path(job.model_path).write_bytes(content)
    failure = failed(job)
    assert (failure.kind, failure.phase) == ("model", "create")
    assert failure.message
    assert job.model_path not in failure.message


def test_an_unknown_operator_is_named(job: Job) -> None:
    unknown = helper.make_node("NoSuchOperator", ["t2"], ["file"], name="odd one")
    failure = failed(_with_node(job, unknown))
    assert (failure.kind, failure.phase) == ("model", "create")
    assert "NoSuchOperator" in failure.message


def test_a_node_that_fails_when_it_runs_is_named(job: Job) -> None:
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["x", "shape"], ["y"], name="impossible reshape")],
        "g",
        [value("x", [64, 128]), helper.make_tensor_value_info("shape", TensorProto.INT64, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    save(graph, Path(job.model_path))
    np.savez(job.inputs_path, x=np.zeros((64, 128), np.float32), shape=np.array([7], np.int64))
    failure = failed(job)
    assert (failure.kind, failure.phase) == ("model", "warmup")
    assert "impossible reshape" in failure.message


def test_a_model_on_something_other_than_tensors_is_refused_by_name(job: Job) -> None:
    tensor = helper.make_tensor_type_proto(TensorProto.FLOAT, [64, 128])
    listed = helper.make_value_info("listed", helper.make_sequence_type_proto(tensor))
    node = helper.make_node("SequenceConstruct", ["x"], ["listed"], name="list")
    save(helper.make_graph([node], "g", [value("x", [64, 128])], [listed]), Path(job.model_path))
    failure = failed(job)
    assert failure.kind == "model"
    assert "'listed'" in failure.message


def test_an_input_without_data_is_named(job: Job) -> None:
    np.savez(job.inputs_path, y=np.zeros(3, np.float32))
    failure = failed(job)
    assert failure.kind == "model"
    assert "'x'" in failure.message


def test_inputs_of_the_wrong_shape_or_type_are_refused(job: Job) -> None:
    for wrong in (np.zeros((64, 127), np.float32), np.zeros((64, 128), np.int64)):
        np.savez(job.inputs_path, x=wrong)
        failure = failed(job)
        assert (failure.kind, failure.phase) == ("model", "warmup")


@pytest.mark.parametrize("missing", ["model_path", "inputs_path"])
def test_a_file_that_vanished_is_not_the_models_fault(missing: str, job: Job) -> None:
    Path(getattr(job, missing)).unlink()
    failure = failed(job)
    assert (failure.kind, failure.phase) == ("environment", "load")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"\x80\x04N."])
def test_an_inputs_file_that_is_none_is_not_the_models_fault(content: bytes, job: Job) -> None:
    Path(job.inputs_path).write_bytes(content)
    failure = failed(job)
    assert (failure.kind, failure.phase) == ("environment", "load")


@posix
@pytest.mark.parametrize("limit_bytes", [100 << 20, 2 * GIB])
def test_memory_that_is_not_there_is_said_to_be_missing(limit_bytes: int, job: Job) -> None:
    graph = helper.make_graph(
        [
            helper.make_node("ConstantOfShape", ["shape"], ["huge"], name="huge one"),
            helper.make_node("ReduceSum", ["huge"], ["y"], name="sum", keepdims=0),
        ],
        "g",
        [helper.make_tensor_value_info("shape", TensorProto.INT64, [2])],
        [value("y", [])],
    )
    save(graph, Path(job.model_path))
    np.savez(job.inputs_path, shape=np.array([40_000, 40_000], np.int64))
    failure = failed(job, NativeBackend(memory_limit_bytes=limit_bytes))
    assert failure.kind == "out-of-memory"
    assert failure.phase == ("warmup" if limit_bytes > GIB else "start")


def test_node_names_of_any_kind_survive_the_profiler(job: Job) -> None:
    names = [
        'a "quoted" one',
        "back\\slash",
        "\x1b[31mred\x1b[0m",
        "two\nlines",
        "<b>[bold]",
        "x" * 10_000,
        "漢字 ü",
    ]
    values = ["x", *(f"v{i}" for i in range(len(names)))]
    nodes = [helper.make_node("Neg", [values[i]], [values[i + 1]], name=name) for i, name in enumerate(names)]
    save(
        helper.make_graph(nodes, "g", [value("x", [64, 128])], [value(values[-1], [64, 128])]),
        Path(job.model_path),
    )
    profile = BACKEND.profiled(job, lambda _: None)
    assert isinstance(profile, Profile), profile
    assert [node.name for node in profile.nodes] == names
    assert {node.op_type for node in profile.nodes} == {"Neg"}
    assert {len(node.samples_ms) for node in profile.nodes} == {len(profile.profiled_ms)}
