"""Whether an output is what the reference computed, within what its type can hold; how it differs. Pure."""

from gapprof.records.model import ModelFacts
from gapprof.records.trial import OutputCheck
from gapprof.text import numbers
from gapprof.text.names import harmless

RELATIVE = {
    # The relative tolerance of onnx's own backend tests (onnx.backend.test.runner, rtol 1e-3).
    "float32": 1e-3,
    "float64": 1e-3,
    # 2^-11 is half a step of float16, 2^-8 of bfloat16; some 40 steps pile up in sums.
    "float16": 2e-2,
    "bfloat16": 1.6e-1,
}
ABSOLUTE = 1e-7
"""onnx.backend.test.runner's atol; for a reference of zeros."""


def agrees(check: OutputCheck) -> bool:
    """Whether one output is within its type's tolerance; integers and booleans must be exact."""
    if not check.same_shape:
        return False
    if check.exact:
        return True
    tolerance = RELATIVE.get(check.dtype)
    if tolerance is None or not check.same_nan_positions:
        return False
    return check.max_abs_difference <= ABSOLUTE + tolerance * check.max_abs_reference


def difference(check: OutputCheck) -> str:
    """In what one output differs from the reference's, as a sentence without its end."""
    name = harmless(check.output, 60)
    if not check.same_shape:
        return f"output {name} of {check.rung} is missing or has another shape than {check.reference}'s"
    if not check.same_nan_positions:
        return f"output {name} of {check.rung} has NaN or infinities in other places than {check.reference}'s"
    text = f"output {name} of {check.rung} differs from {check.reference}'s"
    if check.max_abs_reference <= 0 or check.dtype not in RELATIVE:
        return f"{text} ({check.dtype})"
    relative = check.max_abs_difference / check.max_abs_reference
    angle = "" if check.cosine is None else f", {numbers.cosine(check.cosine)}"
    return f"{text} by up to {numbers.percent(relative)} of its largest value ({check.dtype}{angle})"


def quantised(model: ModelFacts) -> bool:
    """Whether the model has 8-bit nodes, which saturate in AVX2's and plain AVX-512's integer kernels."""
    return any(
        node.op_type.startswith(
            ("QLinear", "QAttention", "QGemm", "Quantize", "MatMulInteger", "ConvInteger")
        )
        for node in model.nodes
    )
