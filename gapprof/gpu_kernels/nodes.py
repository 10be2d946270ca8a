"""From the nodes that the runtime ran on the GPU, with the tensors that it saw, to shapes of shaders. Pure.

The graph that runs is not the file: the library merges nodes and has images with their channels last. So
shapes come from the runtime's own profile, and what they do not tell, strides or borders, from the node of
the file that the name still tells.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import onnx
from msgspec import Struct
from msgspec.structs import replace
from onnx import helper

from gapprof.facts.gpu_calls import is_copy, is_on_gpu
from gapprof.gpu_kernels.families.combined import is_known
from gapprof.gpu_kernels.families.conv import Conv
from gapprof.gpu_kernels.families.depthwise import Depthwise
from gapprof.gpu_kernels.shapes import key_of
from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.conv import Conv as PaddedConv
from gapprof.kernels.families.depthwise import Depthwise as PaddedDepthwise
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.families.padded import Padded
from gapprof.records.gpu import PlacedNode, SeenTensors
from gapprof.records.gpu_kernels import GpuKernelNode
from gapprof.yardstick.node import ACTIVATIONS, Node, NoTwinError, Parts, Rule, Shape
from gapprof.yardstick.rules import convolutions, elementwise, products

_MADE_ANEW = re.compile(r"_token_\d+$")
"""What onnxruntime adds to the name of a node that it makes in another one's place."""
_CONVOLUTIONS = {"FusedConv": "Conv", "NhwcFusedConv": "Conv"}
"""Of which the library makes them; what it merges with them is not in our shaders: it moves no memory."""
_TELLS_ALL = frozenset({"MatMul", "Add", "Sub", "Mul", "Div", "BiasGelu", *ACTIVATIONS} - {"Gelu"})
"""Whose shapes say all, so that no node of the file has to be known."""
_MERGED = "MatMulAddFusion"
"""In the name of a Gemm that the library makes of MatMul and Add: none of its operands is transposed."""
_FLOAT = "float"
_UNWRITTEN = "no shader of ours is written for it"


def planned(
    placed: Iterable[PlacedNode], seen: Iterable[SeenTensors], graph: onnx.GraphProto
) -> tuple[GpuKernelNode, ...]:
    """Every node that ran, but copies between processors, with its shapes or why it has none."""
    file, tensors = _File(graph), {one.name: one for one in seen}
    return tuple(_planned(node, tensors.get(node.name), file) for node in placed if not is_copy(node))


class _File:
    """The nodes and weights of a model's file, by name."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._nodes = {proto.name: proto for proto in graph.node if proto.name}
        self._weights: dict[str, Shape] = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}

    def node(self, name: str, op_type: str) -> onnx.NodeProto | None:
        """The one that a node of the graph that ran was made of."""
        for known in (name, _MADE_ANEW.sub("", name)):
            proto = self._nodes.get(known)
            if proto is not None and proto.op_type == op_type:
                return proto
        return None

    def weight(self, proto: onnx.NodeProto, number: int) -> Shape | None:
        """The shape of an input that is a weight."""
        return self._weights.get(proto.input[number]) if number < len(proto.input) else None


def _planned(node: PlacedNode, tensors: SeenTensors | None, file: _File) -> GpuKernelNode:
    try:
        parts = _parts(node, tensors, file)
    except NoTwinError as reason:
        return GpuKernelNode(name=node.name, op_type=node.op_type, parts=(), why=str(reason))
    return GpuKernelNode(name=node.name, op_type=node.op_type, parts=tuple(map(key_of, parts)))


def _parts(node: PlacedNode, tensors: SeenTensors | None, file: _File) -> list[Struct]:
    """Raises NoTwinError."""
    if not is_on_gpu(node):
        raise NoTwinError("the CPU runs it")
    op_type = _CONVOLUTIONS.get(node.op_type, node.op_type)
    rule = _rules().get(op_type)
    if rule is None:
        raise NoTwinError(_UNWRITTEN)
    if tensors is None or not tensors.inputs or not tensors.outputs:
        raise NoTwinError("the runtime did not tell its shapes")
    around = (*tensors.inputs, *tensors.outputs)
    if not all(one.type == _FLOAT for one in around):
        raise NoTwinError("not all of its tensors are f32")
    if not all(math.prod(one.shape) for one in around):
        raise NoTwinError("a tensor around it is empty")
    inputs, outputs = (tuple(one.shape for one in found) for found in (tensors.inputs, tensors.outputs))
    proto = file.node(node.name, op_type)
    if proto is None:
        proto = _made_by_the_library(node, op_type, len(inputs))
        weights = (False, *(True for _ in inputs[1:]))
    else:
        weights = tuple(file.weight(proto, number) is not None for number in range(len(inputs)))
    if op_type == "Conv":
        inputs, outputs = _channels_first(_convolved(inputs, file.weight(proto, 1)), outputs, proto)
        weights = (False, *(True for _ in inputs[1:]))
    seen = Node(
        proto=proto,
        inputs=inputs,
        types=("f32",) * len(inputs),
        numbers=(None,) * len(inputs),
        narrow=(False,) * len(inputs),
        outputs=outputs,
        constant=weights,
    )
    return list(_in_wgsl(rule(seen)))


def _made_by_the_library(node: PlacedNode, op_type: str, inputs: int) -> onnx.NodeProto:
    """A node that no attribute changes. Raises NoTwinError for one that has some."""
    if op_type not in _TELLS_ALL and not (op_type == "Gemm" and _MERGED in node.name):
        raise NoTwinError("the library made it, and does not tell its attributes")
    return helper.make_node(op_type, [f"in{at}" for at in range(inputs)], ["out"])


def _convolved(inputs: tuple[Shape, ...], filters: Shape | None) -> tuple[Shape, ...]:
    """Image, filters and bias. Filters that the library laid out anew are not told, so the file's go first.

    Raises NoTwinError where there is more, or no filters.
    """
    image, *others = inputs
    dynamic = [one for one in others if len(one) == len(image)]
    bias = [one for one in others if len(one) == 1]
    filters = filters or (dynamic[0] if dynamic else None)
    if filters is None:
        raise NoTwinError("the runtime did not tell its shapes")
    if len(dynamic) + len(bias) < len(others) or any(one != filters for one in dynamic):
        raise NoTwinError("the library merges more with it than a shader of ours does")
    return image, filters, *bias


def _channels_first(
    inputs: tuple[Shape, ...], outputs: tuple[Shape, ...], proto: onnx.NodeProto
) -> tuple[tuple[Shape, ...], tuple[Shape, ...]]:
    """As ONNX has images, however the library did. Raises NoTwinError where sizes fit neither way."""
    image, filters, *others = inputs
    groups = next((int(one.i) for one in proto.attribute if one.name == "group"), 1)
    channels = filters[1] * groups
    if image[-1] == channels and outputs[0][-1] == filters[0]:
        return (_moved(image), filters, *others), (_moved(outputs[0]), *outputs[1:])
    if image[1] == channels and outputs[0][1] == filters[0]:
        return inputs, outputs
    raise NoTwinError("how its image lies in memory is not known")


def _moved(shape: Shape) -> Shape:
    return shape[0], shape[-1], *shape[1:-1]


def _in_wgsl(parts: Parts) -> Iterator[Struct]:
    """Loop nests as shaders: borders are no step of their own. Raises NoTwinError for what has none."""
    pads = (0, 0, 0, 0)
    for part in parts:
        match part:
            case Padded() if part.element == "f32":
                pads = part.pads
            case PaddedDepthwise():
                yield Depthwise(**_windowed(part, pads))
            case PaddedConv():
                yield Conv(**_windowed(part, pads))
            case Gemm():
                yield replace(part, packed=False)
            case Combined() if is_known(part):
                yield part
            case Mapped():
                yield part
            case _:
                raise NoTwinError(_UNWRITTEN)


def _windowed(part: PaddedConv, pads: tuple[int, int, int, int]) -> dict[str, Any]:
    """The same, with the border no part of the image."""
    top, left, bottom, right = pads
    same = ("batch", "channels", "filters", "kernel", "stride", "dilation", "groups", "bias", "activation")
    return {
        **{name: getattr(part, name) for name in same},
        "height": part.height - top - bottom,
        "width": part.width - left - right,
        "pads": pads,
    }


@cache
def _rules() -> Mapping[str, Rule]:
    """Operator → what it does to f32; of two domains' the standard's, which comes first."""
    found: dict[str, Rule] = {}
    for rules in (convolutions.RULES, products.RULES, elementwise.RULES):
        for (_, op_type), rule in rules.by_operator.items():
            found.setdefault(op_type, rule)
    del found["ConvTranspose"]
    return found
