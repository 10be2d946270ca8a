"""Drawing a graph node by node with seeded weights: what the zoo's architectures are written in."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

OPSET = 17
IR_VERSION = 8
"""Old enough for onnxruntime-web 1.18, new enough for LayerNormalization."""


class Sketch:
    """A graph in the making. Every method that draws a node returns the name of its first output."""

    def __init__(self, name: str, *, seed: int) -> None:
        self.random = np.random.Generator(np.random.PCG64(seed))
        self._model = onnx.ModelProto(ir_version=IR_VERSION, producer_name="gapprof zoo")
        self._graph = self._model.graph
        self._graph.name = name

    def input(self, name: str, shape: Sequence[int | str], dtype: int = TensorProto.FLOAT) -> str:
        """Declare a graph input."""
        self._graph.input.append(helper.make_tensor_value_info(name, dtype, shape))
        return name

    def output(self, tensor: str, name: str, shape: Sequence[int | str]) -> None:
        """Declare `tensor` a float graph output, and call it `name` wherever it is used so far."""
        for node in self._graph.node:
            for slots in (node.input, node.output):
                slots[:] = [name if slot == tensor else slot for slot in slots]
        self._graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def node(self, path: str, op_type: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Draw one node with one output; `path` names it as exporters do, with slashes."""
        name = f"/{path}/{op_type}"
        output = f"{name}_output_0"
        self._graph.node.append(helper.make_node(op_type, inputs, [output], name=name, **attributes))
        return output

    def split(self, path: str, source: str, sizes: Sequence[int], *, axis: int) -> list[str]:
        """Cut a tensor in pieces along an axis."""
        name = f"/{path}/Split"
        outputs = [f"{name}_output_{index}" for index in range(len(sizes))]
        at = self.ints(f"{path}.sizes", *sizes)
        self._graph.node.append(helper.make_node("Split", [source, at], outputs, name=name, axis=axis))
        return outputs

    def weight(self, name: str, values: NDArray[Any]) -> str:
        """Add an initializer, straight into the model: no second copy of what may be half a gigabyte."""
        tensor = self._graph.initializer.add()
        tensor.name = name
        tensor.data_type = helper.np_dtype_to_tensor_dtype(values.dtype)
        tensor.dims.extend(values.shape)
        tensor.raw_data = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
        return name

    def ints(self, name: str, *values: int) -> str:
        """Add a one-dimensional int64 constant, as shapes and axes are given."""
        return self.weight(name, np.array(values, np.int64))

    def scalar(self, name: str, value: float) -> str:
        """Add a float scalar."""
        return self.weight(name, np.array(value, np.float32))

    def normal(self, *shape: int, spread: float) -> NDArray[np.float32]:
        """Seeded normal values with this standard deviation."""
        values = self.random.standard_normal(shape, dtype=np.float32)
        values *= np.float32(spread)
        return values

    def filters(self, outputs: int, inputs: int, kernel: int, *, gain: float) -> NDArray[np.float32]:
        """Convolution filters, He-like: unit-variance input gives variance gain².

        The mean of each filter is taken out: a rectifier's positive mean, the same for every image,
        would else grow from layer to layer until nothing of the image is left in the output.
        """
        fan_in = inputs * kernel * kernel
        values = self.normal(outputs, inputs, kernel, kernel, spread=gain / math.sqrt(fan_in))
        if fan_in > 16:
            values -= values.mean(axis=(1, 2, 3), keepdims=True, dtype=np.float32)
        return values

    def conv(
        self,
        path: str,
        source: str,
        weights: NDArray[np.float32],
        *,
        stride: int = 1,
        pad: int = 0,
        group: int = 1,
    ) -> str:
        """Draw a square convolution with bias, batch normalisation folded in as exporters leave it."""
        weight = self.weight(f"{path}.weight", weights)
        bias = self.weight(f"{path}.bias", self.normal(weights.shape[0], spread=0.1))
        shape = square(weights.shape[2], stride=stride, pad=pad, group=group)
        return self.node(path, "Conv", [source, weight, bias], **shape)

    def linear(self, path: str, source: str, inputs: int, outputs: int, *, gain: float = 1.0) -> str:
        """Draw a dense layer on [rows, inputs] as Gemm."""
        weight = self.weight(f"{path}.weight", self.normal(outputs, inputs, spread=gain / math.sqrt(inputs)))
        bias = self.weight(f"{path}.bias", self.normal(outputs, spread=0.02))
        return self.node(path, "Gemm", [source, weight, bias], transB=1)

    def projection(self, path: str, source: str, inputs: int, outputs: int, *, gain: float = 1.0) -> str:
        """Draw a dense layer on [..., inputs] as MatMul and Add, as transformers are exported."""
        weight = self.weight(f"{path}.weight", self.normal(inputs, outputs, spread=gain / math.sqrt(inputs)))
        bias = self.weight(f"{path}.bias", self.normal(outputs, spread=0.02))
        return self.node(path, "Add", [self.node(path, "MatMul", [source, weight]), bias])

    def layer_norm(self, path: str, source: str, width: int) -> str:
        """Draw a LayerNormalization over the last axis."""
        scale = self.weight(f"{path}.weight", 1 + self.normal(width, spread=0.05))
        bias = self.weight(f"{path}.bias", self.normal(width, spread=0.05))
        return self.node(path, "LayerNormalization", [source, scale, bias], axis=-1, epsilon=1e-5)

    def model(self) -> onnx.ModelProto:
        """The finished model, checked."""
        model = self._finished()
        onnx.checker.check_model(model)
        return model

    def save(self, path: Path) -> None:
        """Write the model as one file."""
        content = self._finished().SerializeToString(deterministic=True)
        onnx.checker.check_model(content)
        path.write_bytes(content)

    def _finished(self) -> onnx.ModelProto:
        domains = dict.fromkeys(["", *(node.domain for node in self._graph.node)])
        del self._model.opset_import[:]
        self._model.opset_import.extend(
            helper.make_opsetid(domain, 1 if domain else OPSET) for domain in domains
        )
        return self._model


def square(kernel: int, *, stride: int = 1, pad: int = 0, group: int = 1) -> dict[str, Any]:
    """Attributes of a convolution that is alike in both directions."""
    sides = {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": [pad] * 4, "dilations": [1, 1]}
    return {**sides, "group": group}
