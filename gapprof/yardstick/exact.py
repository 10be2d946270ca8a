"""Which nodes no program is made of: twins that take the same time need not give the same result. Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import onnx
from msgspec import Struct

from gapprof.kernels.families.added_int8 import AddedInt8
from gapprof.kernels.families.conv_int8 import ConvInt8
from gapprof.kernels.families.converted import Converted
from gapprof.kernels.families.depthwise_int8 import DepthwiseInt8
from gapprof.kernels.families.max_pool import MaxPool
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.paired import Paired
from gapprof.kernels.families.product_int8 import ProductInt8
from gapprof.kernels.families.resized import Resized
from gapprof.kernels.families.skip_norm import SkipNorm
from gapprof.kernels.families.widened import Widened
from gapprof.yardstick.node import NoTwinError

_PARAMETERS = {"Clip": (0.0, 6.0), "LeakyRelu": (0.01,), "HardSigmoid": (0.2, 0.5), "Elu": (1.0,)}
"""Of fused activations, as our kernels have them."""
_DEFAULTS: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "LeakyRelu": {"alpha": (0.01,)},
    "HardSigmoid": {"alpha": (0.2,), "beta": (0.5,)},
    "Elu": {"alpha": (1.0,)},
    "QuickGelu": {"alpha": (1.702, 1.0)},
}
"""Of operators, the first one where nothing is said."""
_EXACT_FACTOR = 2
"""Up to which halves alone are rounded, and these down."""


def refuse_inexact(node: onnx.NodeProto, parts: Sequence[Struct]) -> None:
    """Raises NoTwinError for a node whose twin would give something else."""
    if any(_of_bytes(part) for part in parts):
        raise NoTwinError("its kernels are of bytes, which no program is made of")
    attributes = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
    if node.op_type.endswith("Conv") and len(node.input) > 3:
        raise NoTwinError("it adds a tensor before its activation")
    scales = any(attributes.get(name, 1.0) != 1.0 for name in ("alpha", "beta"))
    if node.op_type.endswith("Gemm") and scales:
        raise NoTwinError("it scales its result")
    named, told = attributes.get("activation", b"").decode(), tuple(attributes.get("activation_params", ()))
    if named in _PARAMETERS and not _alike(told, _PARAMETERS[named]):
        raise NoTwinError(f"its {named} has other parameters than {_PARAMETERS[named]}")
    for name, usual in _DEFAULTS.get(node.op_type, {}).items():
        if not any(_alike([attributes.get(name, usual[0])], [one]) for one in usual):
            raise NoTwinError("its parameters are not the usual ones")
    if node.op_type == "RotaryEmbedding":
        raise NoTwinError("where its positions are is told by a tensor")
    if any(isinstance(part, SkipNorm) and part.keeps_sum for part in parts):
        raise NoTwinError("its sum is an output of its own")
    if node.op_type == "ReduceSum":
        raise NoTwinError("its twin is a mean, which takes as long")
    if node.op_type == "AveragePool" and any(isinstance(part, Padded) for part in parts):
        raise NoTwinError("its border may count or not")
    if node.op_type == "Resize" and len(node.input) > 2:  # older ones know of no rounding
        for part in parts:
            if isinstance(part, Resized) and part.mode == "nearest":
                _refuse_inexact_places(attributes, part)
    if node.op_type == "Clip":
        raise NoTwinError("its bounds are tensors")


def _alike(found: Sequence[float], wanted: Sequence[float]) -> bool:
    return len(found) == len(wanted) and all(
        math.isclose(one, other, rel_tol=1e-6) for one, other in zip(found, wanted, strict=True)
    )


def _refuse_inexact_places(attributes: Mapping[str, Any], resized: Resized) -> None:
    """Where the nearest element is not the one that the new one lies in."""
    coordinates = attributes.get("coordinate_transformation_mode", b"half_pixel")
    rounding = attributes.get("nearest_mode", b"round_prefer_floor")
    if coordinates == b"asymmetric":
        inside = rounding == b"floor"
        inside |= rounding == b"round_prefer_floor" and max(resized.factors) <= _EXACT_FACTOR
    else:
        inside = rounding in (b"round_prefer_floor", b"round_prefer_ceil")
    if not inside:
        raise NoTwinError("its nearest elements are not those that the new ones lie in")


_OF_BYTES = (ConvInt8, DepthwiseInt8, AddedInt8, Converted, Paired, ProductInt8, Widened)


def _of_bytes(shape: Struct) -> bool:
    if isinstance(shape, _OF_BYTES):
        return True
    return isinstance(shape, Padded | MaxPool) and shape.element != "f32"
