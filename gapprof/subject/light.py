"""The weightless models inside the onnx package, made fit for measuring: random weights, logits as output."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from gapprof.subject.sketch import IR_VERSION


def light_models() -> tuple[Path, ...]:
    """The light models of the installed onnx package, sorted by name."""
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    return tuple(sorted(folder.glob("light_*.onnx")))


def randomise(source: Path, target: Path, seed: int) -> None:
    """Write `source` with seeded weights in place of its constants, and without its final Softmax.

    All weights equal would make every channel equal and the output blind to the image; the Softmax would
    squash what is left of it.
    """
    model = onnx.load(source)
    graph, random = model.graph, np.random.Generator(np.random.PCG64(seed))
    shapes = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    constants = [node for node in graph.node if node.op_type == "ConstantOfShape" and node.input[0] in shapes]
    roles = dict(_roles(graph))
    for node in constants:
        shape = tuple(int(size) for size in shapes[node.input[0]])
        values = _values(shape, roles.get(node.output[0], ""), random)
        graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
        graph.node.remove(node)
    _drop_softmax(graph)
    _drop_unfed(graph)
    model.ir_version = IR_VERSION
    target.write_bytes(model.SerializeToString(deterministic=True))


def _roles(graph: onnx.GraphProto) -> Iterator[tuple[str, str]]:
    """Tensor name → what it is to its consumer: `Conv.1` its filters, `BatchNormalization.4` its variance."""
    behind = {
        node.output[0]: node.input[0] for node in graph.node if node.op_type in ("Unsqueeze", "Reshape")
    }
    for node in graph.node:
        for slot, name in enumerate(node.input):
            yield behind.get(name, name), f"{node.op_type}.{slot}"


def _values(shape: tuple[int, ...], role: str, random: np.random.Generator) -> NDArray[np.float32]:
    """Weights that keep the spread of activations: filters after He et al. 2015, mild normalisation."""
    drawn: NDArray[np.float32] = random.standard_normal(shape, dtype=np.float32)
    match role:
        case "BatchNormalization.1" | "BatchNormalization.4" | "Mul.0" | "Mul.1":
            return 1 + np.float32(0.1) * np.clip(drawn, -3, 3)
        case "Conv.1":
            axes = tuple(range(1, len(shape)))
            if math.prod(shape[1:]) > 16:
                drawn -= drawn.mean(axis=axes, keepdims=True)
            return drawn * np.float32(math.sqrt(2 / math.prod(shape[1:])))
        case _:
            fan_in = max(shape) if len(shape) > 1 else 100
            return drawn * np.float32(1 / math.sqrt(fan_in))


def _drop_unfed(graph: onnx.GraphProto) -> None:
    """Drop what nothing uses, and inputs that are initializers: nothing may fold those."""
    used = {name for node in graph.node for name in node.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in used]:
        graph.initializer.remove(tensor)
    used -= {tensor.name for tensor in graph.initializer}
    for value in [value for value in graph.input if value.name not in used]:
        graph.input.remove(value)


def _drop_softmax(graph: onnx.GraphProto) -> None:
    """Make the input of a final Softmax the output of the model, under the output's name."""
    last = graph.node[-1]
    if last.op_type != "Softmax" or last.output[0] != graph.output[0].name:
        return
    source, name = last.input[0], last.output[0]
    graph.node.remove(last)
    for node in graph.node:
        for slots in (node.input, node.output):
            slots[:] = [name if slot == source else slot for slot in slots]
    graph.output[0].type.tensor_type.ClearField("shape")
