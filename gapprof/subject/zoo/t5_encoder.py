"""The encoder of T5-small (Raffel et al. 2019, section 3.7): 6 layers of 512, free batch and sequence.

No biases, no positions: attention is told by learned distances in 32 buckets (section 2.1), which the graph
works out itself as exporters leave it. Below the logarithm stands a 1 where the distance is 0: the bucket of
so near a key is chosen elsewhere, and minus infinity is not everywhere the same integer.
"""

import math
from pathlib import Path

import numpy as np
from onnx import TensorProto

from gapprof.subject.blocks.transformer import mask_bias, mixed, parted, product, rms_norm
from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

LAYERS, WIDTH, HEADS, INNER, VOCABULARY = 6, 512, 8, 2048, 32128
BUCKETS, FARTHEST = 32, 128
_SIDE = BUCKETS // 2
_EXACT = _SIDE // 2
_FREE = ["batch_size", "sequence_length"]


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("t5-encoder", seed=2019)
    ids = sketch.input("input_ids", _FREE, TensorProto.INT64)
    mask = sketch.input("attention_mask", _FREE, TensorProto.INT64)
    table = sketch.weight("shared.weight", sketch.normal(VOCABULARY, WIDTH, spread=1.0))
    x = sketch.node("embed_tokens", "Gather", [table, ids])
    near = _nearness(sketch, "block.0/SelfAttention", ids)
    bias = sketch.node("position_bias", "Add", [near, mask_bias(sketch, mask)])
    for layer in range(LAYERS):
        x = _layer(sketch, f"block.{layer}", x, bias)
    x = rms_norm(sketch, "final_layer_norm", x, WIDTH)
    sketch.output(x, "last_hidden_state", [*_FREE, WIDTH])
    sketch.save(path)


def _nearness(sketch: Sketch, path: str, ids: str) -> str:
    """What each head adds to a score for the distance of key and query, [1, heads, sequence, sequence]."""
    buckets = _buckets(sketch, f"{path}/buckets", ids)
    weights = sketch.normal(BUCKETS, HEADS, spread=1.0)
    table = sketch.weight(f"{path}.relative_attention_bias.weight", weights)
    looked_up = sketch.node(f"{path}/relative_attention_bias", "Gather", [table, buckets])
    turned = sketch.node(f"{path}/relative_attention_bias", "Transpose", [looked_up], perm=(2, 0, 1))
    axes = sketch.ints(f"{path}.axes", 0)
    return sketch.node(f"{path}/relative_attention_bias", "Unsqueeze", [turned, axes])


def _buckets(sketch: Sketch, path: str, ids: str) -> str:
    """16 to each side: 8 for distances from 0 to 7, 8 more in equal ratios up to 128."""
    zero, one = (sketch.weight(f"{path}.{n}", np.array(n, np.int64)) for n in (0, 1))
    length = sketch.node(path, "Gather", [sketch.node(path, "Shape", [ids]), one])
    places = sketch.node(path, "Range", [zero, length, one])
    row, column = (
        sketch.node(f"{path}/{name}", "Unsqueeze", [places, sketch.ints(f"{path}.{name}", axis)])
        for name, axis in (("keys", 0), ("queries", 1))
    )
    distance = sketch.node(path, "Sub", [row, column])
    later = sketch.node(path, "Cast", [sketch.node(path, "Greater", [distance, zero])], to=TensorProto.INT64)
    side = sketch.node(path, "Mul", [later, sketch.weight(f"{path}.side", np.array(_SIDE, np.int64))])
    distance = sketch.node(path, "Abs", [distance])
    exact = sketch.weight(f"{path}.exact", np.array(_EXACT, np.int64))
    small = sketch.node(path, "Less", [distance, exact])
    real = sketch.node(f"{path}/real", "Cast", [distance], to=TensorProto.FLOAT)
    real = sketch.node(path, "Max", [real, sketch.scalar(f"{path}.least", 1.0)])
    ratio = sketch.node(f"{path}/ratio", "Div", [real, sketch.scalar(f"{path}.exact_real", _EXACT)])
    range_ = sketch.scalar(f"{path}.log", math.log(FARTHEST / _EXACT))
    share = sketch.node(f"{path}/share", "Div", [sketch.node(path, "Log", [ratio]), range_])
    steps = sketch.node(f"{path}/steps", "Mul", [share, sketch.scalar(f"{path}.steps", _SIDE - _EXACT)])
    whole = sketch.node(f"{path}/whole", "Cast", [steps], to=TensorProto.INT64)
    far = sketch.node(f"{path}/far", "Add", [whole, exact])
    last = sketch.weight(f"{path}.last", np.array(_SIDE - 1, np.int64))
    far = sketch.node(path, "Min", [far, last])
    return sketch.node(path, "Add", [side, sketch.node(path, "Where", [small, distance, far])])


def _layer(sketch: Sketch, path: str, x: str, bias: str) -> str:
    normal = rms_norm(sketch, f"{path}/layer.0/layer_norm", x, WIDTH)
    attended = _attention(sketch, f"{path}/layer.0/SelfAttention", normal, bias)
    x = sketch.node(f"{path}/layer.0", "Add", [x, attended])
    path = f"{path}/layer.1"
    normal = rms_norm(sketch, f"{path}/layer_norm", x, WIDTH)
    inner = product(sketch, f"{path}/DenseReluDense/wi", normal, WIDTH, INNER, gain=math.sqrt(2))
    inner = sketch.node(f"{path}/DenseReluDense/act", "Relu", [inner])
    return sketch.node(
        path, "Add", [x, product(sketch, f"{path}/DenseReluDense/wo", inner, INNER, WIDTH, gain=0.7)]
    )


def _attention(sketch: Sketch, path: str, x: str, bias: str) -> str:
    """Scores are not divided by the root of a head's width: the queries' weights are small instead."""
    head = WIDTH // HEADS
    split = sketch.ints(f"{path}.split", 0, 0, HEADS, head)
    query, key, value = (
        parted(
            sketch,
            f"{path}/{name}",
            product(sketch, f"{path}/{name}", x, WIDTH, WIDTH, gain=gain),
            split,
            (0, 2, 3, 1) if name == "k" else (0, 2, 1, 3),
        )
        for name, gain in (("q", 1 / math.sqrt(head)), ("k", 1.0), ("v", 1.0))
    )
    scores = sketch.node(path, "Add", [sketch.node(f"{path}/scores", "MatMul", [query, key]), bias])
    flat = mixed(sketch, path, sketch.node(path, "Softmax", [scores], axis=-1), value, WIDTH)
    return product(sketch, f"{path}/o", flat, WIDTH, WIDTH, gain=1.5)


MODEL = ZooModel(id="t5-encoder", title="T5-small encoder, 6 layers of 512", save=save)
