"""Models carried out by our kernels and by native onnxruntime."""

import base64
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from gapprof.engine import Engine
from gapprof.kernels.family import Tile
from gapprof.kernels.ir import repeated
from gapprof.kernels.machine import WASM, Machine
from gapprof.kernels.wasm.module import program as program_module
from gapprof.records.subject import StagedModel, Subject
from gapprof.records.twins import TwinNode
from gapprof.records.wire.kernels import KernelCase, KernelsTask, KernelsTimed
from gapprof.subject.open import open_subject
from gapprof.yardstick.cover import covered
from gapprof.yardstick.program import Program, program
from gapprof.yardstick.shapes import family_of, shape_of
from tests.unit.subject.native_steps import native_steps_here


def opened(model: Path, workdir: Path) -> Subject:
    """What twins are made of."""
    with native_steps_here():
        return open_subject(str(model), shapes={}, inputs=None, seed=0, workdir=workdir)


def twins(subject: Subject) -> dict[str, TwinNode]:
    """Of the common graph, by node."""
    assert isinstance(subject.common, StagedModel)
    graph = onnx.load(str(subject.common.path)).graph
    return {node.name: node for node in covered(graph, subject.facts.inputs, subject.facts.nodes)}


def written(subject: Subject, machine: Machine = WASM) -> Program:
    assert isinstance(subject.common, StagedModel)
    graph = onnx.load(str(subject.common.path)).graph
    nodes = twins(subject)

    def chosen(key: str) -> tuple[Machine, Tile]:
        shape = shape_of(key)
        return machine, family_of(shape).tiles(shape, machine)[-1]

    with np.load(subject.inputs_path) as inputs:
        return program(graph, subject.facts, nodes, dict(inputs), chosen)


def run(made: Program, folder: Path, engine: Engine, *, times: int = 1) -> dict[str, Any]:
    """Each output after so many runs on the same memory."""
    image = folder / "image.bin"
    image.write_bytes(made.image)
    case = KernelCase(
        module=base64.b64encode(program_module(made.kernels, made.calls, "model")).decode(),
        export=repeated("model"),
        calls=((),),
        samples=0,
    )
    places = list(made.outputs.values())
    task = KernelsTask(
        memory_bytes=made.memory_bytes,
        image_url=image.as_uri(),
        seed=0,
        data=(),
        cases=(case,) * times,
        warmup_ms=0.0,
        sample_ms=1.0,
        shown=tuple((offset, 4 * math.prod(shape)) for offset, shape in places),
    )
    answer = engine.ask(task, KernelsTimed, until=time.monotonic() + 300)
    return {
        name: np.frombuffer(base64.b64decode(one.base64), np.float32).reshape(shape)
        for (name, (_, shape)), one in zip(made.outputs.items(), answer.shown, strict=True)
    }


def native(subject: Subject) -> list[Any]:
    assert isinstance(subject.common, StagedModel)
    session = onnxruntime.InferenceSession(str(subject.common.path))
    with np.load(subject.inputs_path) as inputs:
        return list(session.run(None, dict(inputs)))


def saved(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    weights: Mapping[str, Any],
    shape: Sequence[int],
    *,
    opset: int = 17,
) -> Path:
    """A model from `x` of that shape to `y`. Weights are f32, but for whole numbers and flags."""
    kept = {name: np.asarray(value) for name, value in weights.items()}
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [
            onnx.numpy_helper.from_array(
                value.astype(np.float32) if value.dtype == np.float64 else value, name
            )
            for name, value in kept.items()
        ],
    )
    domains = {node.domain for node in nodes} - {""}
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=8), path)
    return path
