"""Parts of transformers: masks, heads, the cache of a decoder, and norms and activations written out."""

import math
from collections.abc import Sequence

import numpy as np
from onnx import TensorProto

from gapprof.subject.sketch import Sketch


def token_inputs(sketch: Sketch, free: Sequence[str]) -> tuple[str, str, str]:
    """Ids of words, the mask of those that count, and ids of sentences, as BERT's exporters name them."""
    names = ("input_ids", "attention_mask", "token_type_ids")
    ids, mask, types = (sketch.input(name, list(free), TensorProto.INT64) for name in names)
    return ids, mask, types


def mask_bias(sketch: Sketch, mask: str) -> str:
    """0 where attention may look, -10000 where not, [batch, 1, 1, sequence]."""
    wide = sketch.node("mask", "Unsqueeze", [mask, sketch.ints("mask.axes", 1, 2)])
    real = sketch.node("mask", "Cast", [wide], to=TensorProto.FLOAT)
    hidden = sketch.node("mask", "Sub", [sketch.scalar("mask.one", 1.0), real])
    return sketch.node("mask", "Mul", [hidden, sketch.scalar("mask.low", -10000.0)])


def running_positions(sketch: Sketch, path: str, ids: str, positions: int) -> str:
    """[1, sequence]: 0, 1, 2, ... for as many ids as there are, of at most this many."""
    shape = sketch.node(path, "Shape", [ids])
    one = sketch.ints(f"{path}.one", 1)
    length = sketch.node(f"{path}/length", "Gather", [shape, one], axis=0)
    every = sketch.weight(f"{path}.position_ids", np.arange(positions, dtype=np.int64)[None])
    return sketch.node(path, "Slice", [every, sketch.ints(f"{path}.zero", 0), length, one])


def causal(sketch: Sketch, ids: str, mask: str) -> str:
    """Where attention may look: a key no later than the query, and not masked; [batch, 1, now, all]."""
    zero, one = (sketch.weight(f"causal.{n}", np.array(n, np.int64)) for n in (0, 1))
    now = sketch.node("causal/now", "Gather", [sketch.node("causal/ids", "Shape", [ids]), one])
    everything = sketch.node("causal/all", "Gather", [sketch.node("causal/mask", "Shape", [mask]), one])
    past = sketch.node("causal", "Sub", [everything, now])
    keys = sketch.node("causal/keys", "Range", [zero, everything, one])
    queries = sketch.node("causal/queries", "Range", [past, everything, one])
    column = sketch.node("causal", "Unsqueeze", [queries, sketch.ints("causal.column", 1)])
    earlier = sketch.node("causal", "LessOrEqual", [keys, column])
    present = sketch.node("causal", "Cast", [mask], to=TensorProto.BOOL)
    wide = sketch.node("causal/mask", "Unsqueeze", [present, sketch.ints("causal.axes", 1, 2)])
    return sketch.node("causal", "And", [earlier, wide])


def product(sketch: Sketch, path: str, source: str, inputs: int, outputs: int, *, gain: float = 1.0) -> str:
    """A dense layer without bias."""
    values = sketch.normal(inputs, outputs, spread=gain / math.sqrt(inputs))
    return sketch.node(path, "MatMul", [source, sketch.weight(f"{path}.weight", values)])


def parted(sketch: Sketch, path: str, source: str, split: str, order: tuple[int, ...] = (0, 2, 1, 3)) -> str:
    """[batch, sequence, width] in heads; `split` names the constant shape, `order` turns keys over."""
    shaped = sketch.node(path, "Reshape", [source, split])
    return sketch.node(path, "Transpose", [shaped], perm=order)


def mixed(sketch: Sketch, path: str, weights: str, values: str, width: int) -> str:
    """Values weighed by attention, heads joined again to [batch, sequence, width]."""
    product = sketch.node(f"{path}/mix", "MatMul", [weights, values])
    turned = sketch.node(f"{path}/mix", "Transpose", [product], perm=(0, 2, 1, 3))
    return sketch.node(f"{path}/mix", "Reshape", [turned, sketch.ints(f"{path}.join", 0, 0, width)])


def extended(sketch: Sketch, path: str, layer: int, name: str, now: str, shape: tuple[int, int]) -> str:
    """Past and present keys, or values, along the sequence; `shape`: heads, and the width of each."""
    heads, head = shape
    past = sketch.input(
        f"past_key_values.{layer}.{name}", ["batch_size", heads, "past_sequence_length", head]
    )
    return sketch.node(f"{path}/{name}", "Concat", [past, now], axis=2)


def cached_attention(
    sketch: Sketch, path: str, query: str, key: str, value: str, *, allowed: str, width: int, head: int
) -> str:
    """Attention of a decoder over all keys so far, where `allowed`; heads joined again."""
    turned = sketch.node(f"{path}/keys", "Transpose", [key], perm=(0, 1, 3, 2))
    scores = sketch.node(f"{path}/scores", "MatMul", [query, turned])
    scaled = sketch.node(path, "Div", [scores, sketch.scalar(f"{path}.root", math.sqrt(head))])
    masked = sketch.node(path, "Where", [allowed, scaled, sketch.scalar(f"{path}.low", -3.0e38)])
    return mixed(sketch, path, sketch.node(path, "Softmax", [masked], axis=-1), value, width)


def rms_norm(sketch: Sketch, path: str, source: str, width: int) -> str:
    """x / sqrt(mean(x²) + 1e-6) * weight (Zhang & Sennrich 2019), as exporters write it out."""
    square = sketch.node(path, "Pow", [source, sketch.scalar(f"{path}.two", 2.0)])
    mean = sketch.node(path, "ReduceMean", [square], axes=[-1])
    guarded = sketch.node(path, "Add", [mean, sketch.scalar(f"{path}.epsilon", 1e-6)])
    root = sketch.node(path, "Sqrt", [guarded])
    inverse = sketch.node(path, "Div", [sketch.scalar(f"{path}.one", 1.0), root])
    scaled = sketch.node(f"{path}/scaled", "Mul", [source, inverse])
    weight = sketch.weight(f"{path}.weight", 1 + sketch.normal(width, spread=0.05))
    return sketch.node(path, "Mul", [weight, scaled])
