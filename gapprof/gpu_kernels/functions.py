"""Functions of one element, as WGSL on a type `T` and as numpy has them. Parameters are ONNX's defaults."""

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from gapprof.kernels.functions import Activation

Values = NDArray[np.float64]
_ERF = """
fn error_function(x: T) -> T {
  let size = abs(x);
  let t = 1.0 / (1.0 + 0.3275911 * size);
  let series = 1.421413741 + t * (-1.453152027 + t * 1.061405429);
  let sum = t * (0.254829592 + t * (-0.284496736 + t * series));
  return sign(x) * (1.0 - sum * exp(-size * size));
}
"""
"""Abramowitz and Stegun 7.1.26: to 1.5e-7."""
_NEEDS_ERF = frozenset({"erf", "gelu"})
_WGSL: Mapping[Activation, str] = {
    "relu": "max(x, T(0.0))",
    "clip6": "clamp(x, T(0.0), T(6.0))",
    "sigmoid": "1.0 / (1.0 + exp(-x))",
    "tanh": "tanh(x)",
    "erf": "error_function(x)",
    "gelu": f"0.5 * x * (1.0 + error_function(x * {math.sqrt(0.5)}))",
    "fast-gelu": f"0.5 * x * (1.0 + tanh({math.sqrt(2 / math.pi)} * (x + 0.044715 * x * x * x)))",
    "quick-gelu": "x / (1.0 + exp(-1.702 * x))",
    "silu": "x / (1.0 + exp(-x))",
    "hardswish": f"x * clamp(x * {1 / 6} + 0.5, T(0.0), T(1.0))",
    "hard-sigmoid": "clamp(x * 0.2 + 0.5, T(0.0), T(1.0))",
    "leaky-relu": "max(x, T(0.0)) + 0.01 * min(x, T(0.0))",
    "elu": "max(x, T(0.0)) + (exp(min(x, T(0.0))) - 1.0)",
    "exp": "exp(x)",
    "sqrt": "sqrt(x)",
    "neg": "-x",
    "abs": "abs(x)",
    "floor": "floor(x)",
    "reciprocal": "1.0 / x",
}
_NUMPY: Mapping[Activation, Callable[[Values], Values]] = {
    "relu": lambda x: np.maximum(x, 0.0),
    "clip6": lambda x: np.clip(x, 0.0, 6.0),
    "sigmoid": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "tanh": np.tanh,
    "erf": erf,
    "gelu": lambda x: 0.5 * x * (1.0 + erf(x * math.sqrt(0.5))),
    "fast-gelu": lambda x: 0.5 * x * (1.0 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "quick-gelu": lambda x: x / (1.0 + np.exp(-1.702 * x)),
    "silu": lambda x: x / (1.0 + np.exp(-x)),
    "hardswish": lambda x: x * np.clip(x / 6 + 0.5, 0.0, 1.0),
    "hard-sigmoid": lambda x: np.clip(x * 0.2 + 0.5, 0.0, 1.0),
    "leaky-relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0.0))),
    "exp": np.exp,
    "sqrt": np.sqrt,
    "neg": np.negative,
    "abs": np.abs,
    "floor": np.floor,
    "reciprocal": lambda x: 1.0 / x,
}
ONLY_POSITIVE = frozenset({"sqrt", "reciprocal"})
"""Functions that are not defined, or without bound, near 0 or below it."""


def activated(which: Activation | None) -> str:
    """`fn activated(x: T) -> T`, with what it calls; without a function it gives what it gets."""
    if which is None:
        return "fn activated(x: T) -> T { return x; }"
    helper = _ERF if which in _NEEDS_ERF else ""
    return f"{helper}fn activated(x: T) -> T {{ return {_WGSL[which]}; }}"


def applied(which: Activation | None, x: Values) -> Values:
    """The same by numpy."""
    return x if which is None else _NUMPY[which](x)
