"""Which nodes no program is made of: twins that take the same time need not give the same result. Pure."""

from collections.abc import Sequence

import onnx
from msgspec import Struct

from gapprof.kernels.families.added_int8 import AddedInt8
from gapprof.kernels.families.conv_int8 import ConvInt8
from gapprof.kernels.families.max_pool import MaxPool
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.paired import Paired
from gapprof.yardstick.node import NoTwinError

_CLIPPED = (0.0, 6.0)


def refuse_inexact(node: onnx.NodeProto, parts: Sequence[Struct]) -> None:
    """Raises NoTwinError for a node whose twin would give something else."""
    if any(_of_bytes(part) for part in parts):
        raise NoTwinError("its kernels are of bytes, which no program is made of")
    attributes = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
    if node.op_type.endswith("Conv") and len(node.input) > 3:
        raise NoTwinError("it adds a tensor before its activation")
    scales = node.op_type.endswith("Gemm") and attributes.get("alpha", 1.0) != 1.0
    if scales or attributes.get("beta", 1.0) != 1.0:
        raise NoTwinError("it scales its result")
    if attributes.get("activation") == b"Clip" and tuple(attributes["activation_params"]) != _CLIPPED:
        raise NoTwinError("it clips to other bounds than 0 and 6")
    if node.op_type == "SkipLayerNormalization":
        raise NoTwinError("its sum is an output of its own")
    if node.op_type == "ReduceSum":
        raise NoTwinError("its twin is a mean, which takes as long")
    padded = any(attributes.get("pads", ())) or attributes.get("ceil_mode", 0)
    if node.op_type == "AveragePool" and padded:
        raise NoTwinError("its border may count or not")
    if node.op_type in ("Split", "Slice", "Expand"):
        raise NoTwinError("where its elements come from is told by a tensor")
    if node.op_type == "Clip":
        raise NoTwinError("its bounds are tensors")


def _of_bytes(shape: Struct) -> bool:
    if isinstance(shape, ConvInt8 | AddedInt8 | Paired):
        return True
    return isinstance(shape, Padded | MaxPool) and shape.element != "f32"
