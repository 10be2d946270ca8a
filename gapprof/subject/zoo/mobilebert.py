"""MobileBERT (Sun et al. 2020, table 1), uncased: 24 thin layers with bottlenecks, free batch and sequence.

Words have 128 numbers; three neighbours together make the width of 512. Each layer works at a width of 128,
with four heads and four feed-forward networks, and norms that normalise nothing (section 3.3: NoNorm).
"""

import math
from pathlib import Path

import numpy as np

from gapprof.subject.blocks.transformer import mask_bias, mixed, parted, running_positions, token_inputs
from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

LAYERS, WIDTH, NARROW, HEADS, INNER, STACKED = 24, 512, 128, 4, 512, 4
VOCABULARY, EMBEDDING, POSITIONS, TOKEN_TYPES = 30522, 128, 512, 2
_FREE = ["batch_size", "sequence_length"]


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("mobilebert", seed=2020)
    ids, mask, types = token_inputs(sketch, _FREE)
    x, bias = _embed(sketch, ids, types), mask_bias(sketch, mask)
    for layer in range(LAYERS):
        x = _layer(sketch, f"encoder/layer.{layer}", x, bias)
    first = sketch.node("pooler", "Gather", [x, sketch.weight("pooler.first", np.array(0, np.int64))], axis=1)
    sketch.output(x, "last_hidden_state", [*_FREE, WIDTH])
    sketch.output(first, "pooler_output", ["batch_size", WIDTH])
    sketch.save(path)


def _embed(sketch: Sketch, ids: str, types: str) -> str:
    """Three neighbouring words, widened, + positions + token types; zeros stand beyond both ends."""
    path = "embeddings"
    table = sketch.weight(f"{path}.words.weight", sketch.normal(VOCABULARY, EMBEDDING, spread=1.0))
    words = sketch.node(f"{path}/words", "Gather", [table, ids])
    later = _shifted(sketch, f"{path}/later", words, begin=1, end=2**31, pads=(0, 0, 0, 0, 1, 0))
    earlier = _shifted(sketch, f"{path}/earlier", words, begin=0, end=-1, pads=(0, 1, 0, 0, 0, 0))
    three = sketch.node(path, "Concat", [later, words, earlier], axis=2)
    x = sketch.projection(f"{path}/embedding_transformation", three, 3 * EMBEDDING, WIDTH, gain=0.9)
    places = sketch.weight(f"{path}.positions.weight", sketch.normal(POSITIONS, WIDTH, spread=0.3))
    positions = sketch.node(
        f"{path}/positions", "Gather", [places, running_positions(sketch, path, ids, POSITIONS)]
    )
    kinds = sketch.weight(f"{path}.types.weight", sketch.normal(TOKEN_TYPES, WIDTH, spread=0.3))
    total = sketch.node(f"{path}/a", "Add", [x, positions])
    total = sketch.node(f"{path}/b", "Add", [total, sketch.node(f"{path}/types", "Gather", [kinds, types])])
    return _no_norm(sketch, f"{path}/LayerNorm", total, WIDTH, scale=1.0)


def _shifted(sketch: Sketch, path: str, words: str, *, begin: int, end: int, pads: tuple[int, ...]) -> str:
    """The words one place further, cut at one end and padded at the other."""
    bounds = [sketch.ints(f"{path}.{name}", at) for name, at in (("begin", begin), ("end", end), ("axis", 1))]
    cut = sketch.node(path, "Slice", [words, *bounds])
    return sketch.node(
        path, "Pad", [cut, sketch.ints(f"{path}.pads", *pads), sketch.scalar(f"{path}.zero", 0)]
    )


def _layer(sketch: Sketch, path: str, x: str, bias: str) -> str:
    """Into the bottleneck twice, once for what is carried on and once for queries and keys; and out again."""
    carried, shared = (
        _no_norm(
            sketch,
            f"{path}/bottleneck/{name}/LayerNorm",
            sketch.projection(f"{path}/bottleneck/{name}/dense", x, WIDTH, NARROW),
            NARROW,
            scale=1.0,
        )
        for name in ("input", "attention")
    )
    attended = _attention(sketch, f"{path}/attention", shared, x, bias)
    narrow = _sum(sketch, f"{path}/attention/output", attended, carried, NARROW, scale=0.8)
    for index in range(STACKED - 1):
        narrow = _feed_forward(sketch, f"{path}/ffn.{index}", narrow)
    narrow = _feed_forward(sketch, path, narrow)
    wide = sketch.projection(f"{path}/output/bottleneck/dense", narrow, NARROW, WIDTH, gain=0.4)
    return _sum(sketch, f"{path}/output/bottleneck", wide, x, WIDTH, scale=0.9)


def _feed_forward(sketch: Sketch, path: str, x: str) -> str:
    inner = sketch.projection(f"{path}/intermediate/dense", x, NARROW, INNER, gain=math.sqrt(2))
    inner = sketch.node(f"{path}/intermediate", "Relu", [inner])
    outer = sketch.projection(f"{path}/output/dense", inner, INNER, NARROW, gain=0.5)
    return _sum(sketch, f"{path}/output", outer, x, NARROW, scale=0.9)


def _attention(sketch: Sketch, path: str, shared: str, wide: str, bias: str) -> str:
    """Queries and keys from the bottleneck, values from the whole width."""
    split = sketch.ints(f"{path}.split", 0, 0, HEADS, NARROW // HEADS)
    query, key, value = (
        parted(
            sketch,
            f"{path}/{name}",
            sketch.projection(f"{path}/{name}", source, width, NARROW, gain=gain),
            split,
            (0, 2, 3, 1) if name == "key" else (0, 2, 1, 3),
        )
        for name, source, width, gain in (
            ("query", shared, NARROW, 1.5),
            ("key", shared, NARROW, 1.5),
            ("value", wide, WIDTH, 1.0),
        )
    )
    scores = sketch.node(f"{path}/scores", "MatMul", [query, key])
    root = sketch.scalar(f"{path}.root", math.sqrt(NARROW / HEADS))
    masked = sketch.node(path, "Add", [sketch.node(path, "Div", [scores, root]), bias])
    flat = mixed(sketch, path, sketch.node(path, "Softmax", [masked], axis=-1), value, NARROW)
    return sketch.projection(f"{path}/output/dense", flat, NARROW, NARROW)


def _sum(sketch: Sketch, path: str, x: str, carried: str, width: int, *, scale: float) -> str:
    total = sketch.node(f"{path}/sum", "Add", [x, carried])
    return _no_norm(sketch, f"{path}/LayerNorm", total, width, scale=scale)


def _no_norm(sketch: Sketch, path: str, source: str, width: int, *, scale: float) -> str:
    """One factor and one summand for each channel."""
    factor = sketch.weight(f"{path}.weight", scale + sketch.normal(width, spread=0.05))
    summand = sketch.weight(f"{path}.bias", sketch.normal(width, spread=0.05))
    return sketch.node(path, "Add", [sketch.node(path, "Mul", [source, factor]), summand])


MODEL = ZooModel(id="mobilebert", title="MobileBERT, 24 layers of 512 and 128", save=save)
