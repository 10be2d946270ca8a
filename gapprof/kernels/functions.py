"""Functions of one vector as expressions: exponential, error function and what is made of them."""

import math
from collections.abc import Callable, Sequence
from typing import Literal

from gapprof.kernels.builder import Builder
from gapprof.kernels.ir import Binary, Bits, Constant, Expression, Local, ShiftLeft, Unary, Vector, vector_of

Activation = Literal[
    "relu",
    "clip6",
    "sigmoid",
    "tanh",
    "erf",
    "gelu",
    "fast-gelu",
    "quick-gelu",
    "silu",
    "hardswish",
    "hard-sigmoid",
    "leaky-relu",
    "elu",
    "exp",
    "sqrt",
    "neg",
    "abs",
    "floor",
    "reciprocal",
]
"""`clip6` is Clip to [0, 6], the rectifier of mobile networks. Parameters are ONNX's defaults."""

_ROUND = 1.5 * 2.0**23
"""Added to a float it leaves the nearest integer in the low bits, which is all that an exponent needs."""
_LN2_HIGH = 355 / 512
_LN2_LOW = math.log(2) - _LN2_HIGH
"""ln 2 in two parts, the first exact in few bits (Cody and Waite, Software Manual, 1980)."""
_EXP = (1.990971491e-4, 1.394650424e-3, 8.333280402e-3, 4.166626233e-2, 1.666666679e-1, 5.000000081e-1)
"""e^r = 1 + r + r²·P(r) for |r| ≤ ln(2)/2: our own least-squares fit."""
_SMALLEST_EXP, _LARGEST_EXP = -87.0, 88.0
"""Beyond it the result is no normal f32."""
_ERF_OVER = (
    1.9111034851e-08,
    -1.9423190489e-06,
    0.00014728624467,
    0.0039905514045,
    0.05152480857,
    0.20712469657,
    1.128379094,
)
_ERF_UNDER = (0.0010211084816, 0.014958023892, 0.11797051738, 0.51689073119, 1.0)
_TWICE = 2 * math.sqrt(2 / math.pi)
_ERF_ONE = 4.0
"""erf x = x·P(x²)/Q(x²) on [-4, 4], our own weighted least-squares fit; beyond it erf is ±1 in f32."""


def activation(b: Builder, which: Activation, x: Expression) -> Expression:
    """The value of the function, in every lane."""
    return _ACTIVATIONS[which](b, x)


def exponential(b: Builder, x: Expression) -> Expression:
    """e^x to 2e-7 of itself, for x in [-87, 88]; what lies outside is taken as the nearest bound."""
    kind = vector_of(x)
    bounded = b.vector(kind, _clipped(x, _SMALLEST_EXP, _LARGEST_EXP))
    raised = b.vector(kind, b.mul_add(bounded, _splat(1 / math.log(2), kind), _splat(_ROUND, kind)))
    whole = b.vector(kind, raised - _ROUND)
    rest = b.vector(kind, b.mul_add(whole, _splat(-_LN2_HIGH, kind), bounded))
    b.set(rest, b.mul_add(whole, _splat(-_LN2_LOW, kind), rest))
    power = b.vector(kind, _polynomial(b, _EXP, rest))
    b.set(power, b.mul_add(power, rest * rest, rest) + 1.0)
    integers = Vector("i32", kind.lanes)
    return Bits(Binary("add", Bits(power, integers), ShiftLeft(Bits(raised, integers), 23)), kind)


def error_function(b: Builder, x: Expression) -> Expression:
    """erf x, to 3e-7."""
    kind = vector_of(x)
    bounded = b.vector(kind, _clipped(x, -_ERF_ONE, _ERF_ONE))
    squared = b.vector(kind, bounded * bounded)
    over = b.vector(kind, _polynomial(b, _ERF_OVER, squared))
    under = b.vector(kind, _polynomial(b, _ERF_UNDER, squared))
    return bounded * over / under


def sigmoid(b: Builder, x: Expression) -> Expression:
    """1 / (1 + e^-x)."""
    kind = vector_of(x)
    return _splat(1.0, kind) / (exponential(b, Unary("neg", x)) + 1.0)


def _relu(_: Builder, x: Expression) -> Expression:
    return Binary("pmax", x, _splat(0.0, vector_of(x)))


def _clip6(_: Builder, x: Expression) -> Expression:
    return _clipped(x, 0.0, 6.0)


def _tanh(b: Builder, x: Expression) -> Expression:
    """2 · sigmoid(2x) - 1."""
    return sigmoid(b, x + x) * 2.0 - 1.0


def _gelu(b: Builder, x: Expression) -> Expression:
    """x / 2 · (1 + erf(x / √2))."""
    return x * 0.5 * (error_function(b, x * math.sqrt(0.5)) + 1.0)


def _fast_gelu(b: Builder, x: Expression) -> Expression:
    """x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))), which is x · sigmoid of twice that."""
    kind = vector_of(x)
    inner = b.mul_add(x * x, _splat(0.044715 * _TWICE, kind), _splat(_TWICE, kind))
    return x * sigmoid(b, x * inner)


def _hardswish(_: Builder, x: Expression) -> Expression:
    """x · max(0, min(1, x / 6 + 1 / 2))."""
    return x * _clipped(x * (1 / 6) + 0.5, 0.0, 1.0)


def _hard_sigmoid(_: Builder, x: Expression) -> Expression:
    """max(0, min(1, x / 5 + 1 / 2))."""
    return _clipped(x * 0.2 + 0.5, 0.0, 1.0)


def _leaky_relu(_: Builder, x: Expression) -> Expression:
    """x, or a hundredth of it below 0."""
    zero = _splat(0.0, vector_of(x))
    return Binary("pmax", x, zero) + Binary("pmin", x, zero) * 0.01


def _elu(b: Builder, x: Expression) -> Expression:
    """x, or e^x - 1 below 0."""
    zero = _splat(0.0, vector_of(x))
    return Binary("pmax", x, zero) + (exponential(b, Binary("pmin", x, zero)) - 1.0)


def _quick_gelu(b: Builder, x: Expression) -> Expression:
    """x · sigmoid(1.702 x)."""
    return x * sigmoid(b, x * 1.702)


def _silu(b: Builder, x: Expression) -> Expression:
    """x · sigmoid(x)."""
    return x * sigmoid(b, x)


def _reciprocal(_: Builder, x: Expression) -> Expression:
    return _splat(1.0, vector_of(x)) / x


def _neg(_: Builder, x: Expression) -> Expression:
    return Unary("neg", x)


def _abs(_: Builder, x: Expression) -> Expression:
    return Unary("abs", x)


def _floor(_: Builder, x: Expression) -> Expression:
    return Unary("floor", x)


def _sqrt(_: Builder, x: Expression) -> Expression:
    return Unary("sqrt", x)


_ACTIVATIONS: dict[Activation, Callable[[Builder, Expression], Expression]] = {
    "relu": _relu,
    "clip6": _clip6,
    "sigmoid": sigmoid,
    "tanh": _tanh,
    "erf": error_function,
    "gelu": _gelu,
    "fast-gelu": _fast_gelu,
    "quick-gelu": _quick_gelu,
    "silu": _silu,
    "hardswish": _hardswish,
    "hard-sigmoid": _hard_sigmoid,
    "leaky-relu": _leaky_relu,
    "elu": _elu,
    "exp": exponential,
    "sqrt": _sqrt,
    "neg": _neg,
    "abs": _abs,
    "floor": _floor,
    "reciprocal": _reciprocal,
}


def _polynomial(b: Builder, coefficients: Sequence[float], x: Local) -> Expression:
    """By Horner's rule, the highest power first."""
    kind = vector_of(x)
    value = b.vector(kind, _splat(coefficients[0], kind))
    for coefficient in coefficients[1:]:
        b.set(value, b.mul_add(value, x, _splat(coefficient, kind)))
    return value


def _clipped(x: Expression, low: float, high: float) -> Expression:
    kind = vector_of(x)
    return Binary("pmax", Binary("pmin", x, _splat(high, kind)), _splat(low, kind))


def _splat(value: float, kind: Vector) -> Constant:
    return Constant(value, kind)
