"""A BERT encoder (Devlin et al. 2018) with 4 layers of width 256, exported with free batch and sequence."""

import math
from pathlib import Path

import numpy as np

from gapprof.subject.blocks.transformer import mask_bias, mixed, parted, running_positions, token_inputs
from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

LAYERS, WIDTH, HEADS, INNER = 4, 256, 4, 1024
VOCABULARY, POSITIONS, TOKEN_TYPES = 30522, 512, 2
_FREE = ["batch_size", "sequence_length"]


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("bert-small", seed=2018)
    ids, mask, types = token_inputs(sketch, _FREE)
    x, bias = _embed(sketch, ids, types), mask_bias(sketch, mask)
    for layer in range(LAYERS):
        x = _layer(sketch, f"encoder/layer.{layer}", x, bias)
    first = sketch.node("pooler", "Gather", [x, sketch.weight("pooler.first", np.array(0, np.int64))], axis=1)
    pooled = sketch.linear("pooler/dense", first, WIDTH, WIDTH)
    sketch.output(x, "last_hidden_state", [*_FREE, WIDTH])
    sketch.output(sketch.node("pooler/activation", "Tanh", [pooled]), "pooler_output", ["batch_size", WIDTH])
    sketch.save(path)


def _embed(sketch: Sketch, ids: str, types: str) -> str:
    """Words + token types + positions; the positions are cut to the sequence as it comes."""
    path = "embeddings"
    tables = {
        name: sketch.weight(f"{path}.{name}.weight", sketch.normal(rows, WIDTH, spread=0.5))
        for name, rows in (("words", VOCABULARY), ("positions", POSITIONS), ("types", TOKEN_TYPES))
    }
    words = sketch.node(f"{path}/words", "Gather", [tables["words"], ids])
    kinds = sketch.node(f"{path}/types", "Gather", [tables["types"], types])
    places = running_positions(sketch, path, ids, POSITIONS)
    positions = sketch.node(f"{path}/positions", "Gather", [tables["positions"], places])
    total = sketch.node(f"{path}/sum", "Add", [sketch.node(path, "Add", [words, kinds]), positions])
    return sketch.layer_norm(f"{path}/LayerNorm", total, WIDTH)


def _layer(sketch: Sketch, path: str, x: str, bias: str) -> str:
    attended = _attention(sketch, f"{path}/attention", x, bias)
    x = sketch.layer_norm(
        f"{path}/attention/LayerNorm", sketch.node(f"{path}/a", "Add", [attended, x]), WIDTH
    )
    inner = sketch.projection(f"{path}/intermediate/dense", x, WIDTH, INNER)
    outer = sketch.projection(f"{path}/output/dense", _gelu(sketch, f"{path}/gelu", inner), INNER, WIDTH)
    return sketch.layer_norm(f"{path}/output/LayerNorm", sketch.node(f"{path}/o", "Add", [outer, x]), WIDTH)


def _attention(sketch: Sketch, path: str, x: str, bias: str) -> str:
    split = sketch.ints(f"{path}.split", 0, 0, HEADS, WIDTH // HEADS)
    heads = {}
    for name, order in (("query", (0, 2, 1, 3)), ("key", (0, 2, 3, 1)), ("value", (0, 2, 1, 3))):
        projected = sketch.projection(f"{path}/{name}", x, WIDTH, WIDTH)
        heads[name] = parted(sketch, f"{path}/{name}", projected, split, order)
    scores = sketch.node(f"{path}/scores", "MatMul", [heads["query"], heads["key"]])
    root = sketch.scalar(f"{path}.root", math.sqrt(WIDTH / HEADS))
    masked = sketch.node(path, "Add", [sketch.node(path, "Div", [scores, root]), bias])
    weights = sketch.node(path, "Softmax", [masked], axis=-1)
    flat = mixed(sketch, path, weights, heads["value"], WIDTH)
    return sketch.projection(f"{path}/output/dense", flat, WIDTH, WIDTH)


def _gelu(sketch: Sketch, path: str, x: str) -> str:
    """x / 2 * (1 + erf(x / sqrt 2)), as exporters write it out."""
    scaled = sketch.node(path, "Div", [x, sketch.scalar(f"{path}.root", math.sqrt(2))])
    shifted = sketch.node(
        path, "Add", [sketch.node(path, "Erf", [scaled]), sketch.scalar(f"{path}.one", 1.0)]
    )
    product = sketch.node(path, "Mul", [x, shifted])
    return sketch.node(f"{path}/half", "Mul", [product, sketch.scalar(f"{path}.half", 0.5)])


MODEL = ZooModel(id="bert-small", title="BERT encoder, 4 layers of 256", save=save)
