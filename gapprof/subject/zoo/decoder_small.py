"""A GPT-2-style decoder (Radford et al. 2019), 6 layers of width 256, one step with past keys and values."""

import math
from pathlib import Path

import onnx
from onnx import TensorProto

from gapprof.subject.blocks.transformer import cached_attention, causal, extended, parted
from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

LAYERS, WIDTH, HEADS, INNER = 6, 256, 4, 1024
VOCABULARY, POSITIONS = 8192, 1024
_NOW = ["batch_size", "sequence_length"]
_ALL = ["batch_size", "past_sequence_length + sequence_length"]
_HEAD = WIDTH // HEADS


def save(path: Path) -> None:
    """Write the model, its weights in a file beside it."""
    sketch = Sketch("decoder-small", seed=2019)
    ids = sketch.input("input_ids", _NOW, TensorProto.INT64)
    mask = sketch.input("attention_mask", _ALL, TensorProto.INT64)
    positions = sketch.input("position_ids", _NOW, TensorProto.INT64)
    words = sketch.weight("wte.weight", sketch.normal(VOCABULARY, WIDTH, spread=0.5))
    places = sketch.weight("wpe.weight", sketch.normal(POSITIONS, WIDTH, spread=0.2))
    x = sketch.node(
        "embed",
        "Add",
        [sketch.node("wte", "Gather", [words, ids]), sketch.node("wpe", "Gather", [places, positions])],
    )
    allowed = causal(sketch, ids, mask)
    caches: list[dict[str, str]] = []
    for layer in range(LAYERS):
        caches.append({})
        x = _layer(sketch, layer, x, allowed, caches[layer])
    x = sketch.layer_norm("ln_f", x, WIDTH)
    head = sketch.weight("lm_head.weight", sketch.normal(WIDTH, VOCABULARY, spread=2 / math.sqrt(WIDTH)))
    sketch.output(sketch.node("lm_head", "MatMul", [x, head]), "logits", [*_NOW, VOCABULARY])
    for layer, cache in enumerate(caches):
        for name, tensor in cache.items():
            sketch.output(tensor, f"present.{layer}.{name}", ["batch_size", HEADS, _ALL[1], _HEAD])
    data = path.with_suffix(".data")
    data.unlink(missing_ok=True)  # onnx appends to what is there
    onnx.save_model(sketch.model(), path, save_as_external_data=True, location=data.name, size_threshold=1024)


def _layer(sketch: Sketch, layer: int, x: str, allowed: str, cache: dict[str, str]) -> str:
    """One block; leaves the keys and values for the next step in `cache`."""
    path = f"h.{layer}"
    attended = _attention(sketch, layer, sketch.layer_norm(f"{path}/ln_1", x, WIDTH), allowed, cache)
    x = sketch.node(f"{path}/residual_1", "Add", [x, attended])
    inner = sketch.projection(f"{path}/mlp/c_fc", sketch.layer_norm(f"{path}/ln_2", x, WIDTH), WIDTH, INNER)
    outer = sketch.projection(f"{path}/mlp/c_proj", _gelu(sketch, f"{path}/mlp/act", inner), INNER, WIDTH)
    return sketch.node(f"{path}/residual_2", "Add", [x, outer])


def _attention(sketch: Sketch, layer: int, x: str, allowed: str, cache: dict[str, str]) -> str:
    path = f"h.{layer}/attn"
    joint = sketch.projection(f"{path}/c_attn", x, WIDTH, 3 * WIDTH)
    pieces = sketch.split(path, joint, [WIDTH] * 3, axis=2)
    split = sketch.ints(f"{path}.split", 0, 0, HEADS, _HEAD)
    query, key, value = (
        parted(sketch, f"{path}/{name}", piece, split)
        for name, piece in zip(("query", "key", "value"), pieces, strict=True)
    )
    for name, now in (("key", key), ("value", value)):
        cache[name] = extended(sketch, path, layer, name, now, (HEADS, _HEAD))
    flat = cached_attention(
        sketch, path, query, cache["key"], cache["value"], allowed=allowed, width=WIDTH, head=_HEAD
    )
    return sketch.projection(f"{path}/c_proj", flat, WIDTH, WIDTH)


def _gelu(sketch: Sketch, path: str, x: str) -> str:
    """GPT-2's approximation by tanh, written out: x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))."""
    cube = sketch.node(path, "Pow", [x, sketch.scalar(f"{path}.three", 3.0)])
    inner = sketch.node(
        path, "Add", [x, sketch.node(f"{path}/c", "Mul", [cube, sketch.scalar(f"{path}.c", 0.044715)])]
    )
    scaled = sketch.node(f"{path}/r", "Mul", [inner, sketch.scalar(f"{path}.r", math.sqrt(2 / math.pi))])
    shifted = sketch.node(
        f"{path}/one", "Add", [sketch.node(path, "Tanh", [scaled]), sketch.scalar(f"{path}.one", 1.0)]
    )
    half = sketch.node(f"{path}/half", "Mul", [x, sketch.scalar(f"{path}.half", 0.5)])
    return sketch.node(path, "Mul", [half, shifted])


MODEL = ZooModel(id="decoder-small", title="GPT-2-style decoder, 6 layers of 256, one step", save=save)
