"""Activations that exporters write out in several operators."""

from gapprof.subject.sketch import Sketch

SWISH_GAIN = 1.7
"""Of centred filters behind a swish, which keeps about a third of a normal value's variance."""


def relu6(sketch: Sketch, path: str, source: str) -> str:
    """min(max(x, 0), 6)."""
    low, high = sketch.scalar(f"{path}.min", 0.0), sketch.scalar(f"{path}.max", 6.0)
    return sketch.node(path, "Clip", [source, low, high])


def swish(sketch: Sketch, path: str, source: str) -> str:
    """x * sigmoid(x), also called SiLU (Ramachandran et al. 2017)."""
    return sketch.node(path, "Mul", [source, sketch.node(path, "Sigmoid", [source])])
