"""A LLaMA-style decoder (Touvron et al. 2023), 6 layers of width 512, its weights in four bits.

One step with past keys and values: norms by root mean square, rotary positions (Su et al. 2021), a gated
feed-forward network (Shazeer 2020). All dense layers are com.microsoft MatMulNBits with blocks of 32, as
quantisers leave them; the word table stays in float32.
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto

from gapprof.subject.blocks.activations import swish
from gapprof.subject.blocks.four_bits import product
from gapprof.subject.blocks.transformer import cached_attention, causal, extended, parted, rms_norm
from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

LAYERS, WIDTH, HEADS, INNER = 6, 512, 8, 1376
"""INNER: 8/3 of the width, rounded up to whole blocks."""
VOCABULARY, POSITIONS = 8192, 1024
_NOW = ["batch_size", "sequence_length"]
_ALL = ["batch_size", "past_sequence_length + sequence_length"]
_HEAD = WIDTH // HEADS


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("decoder-q4", seed=2023)
    ids = sketch.input("input_ids", _NOW, TensorProto.INT64)
    mask = sketch.input("attention_mask", _ALL, TensorProto.INT64)
    positions = sketch.input("position_ids", _NOW, TensorProto.INT64)
    words = sketch.weight("model.embed_tokens.weight", sketch.normal(VOCABULARY, WIDTH, spread=0.5))
    x = sketch.node("model/embed_tokens", "Gather", [words, ids])
    allowed, angles = causal(sketch, ids, mask), _angles(sketch, positions)
    caches: list[dict[str, str]] = []
    for layer in range(LAYERS):
        caches.append({})
        x = _layer(sketch, layer, x, allowed, angles, caches[layer])
    x = rms_norm(sketch, "model/norm", x, WIDTH)
    logits = product(sketch, "lm_head", x, WIDTH, VOCABULARY, gain=2.0)
    sketch.output(logits, "logits", [*_NOW, VOCABULARY])
    for layer, cache in enumerate(caches):
        for name, tensor in cache.items():
            sketch.output(tensor, f"present.{layer}.{name}", ["batch_size", HEADS, _ALL[1], _HEAD])
    sketch.save(path)


def _angles(sketch: Sketch, positions: str) -> tuple[str, str]:
    """Cosines and sines of the positions, [batch, 1, now, head]: each pair turns at its own pace."""
    path = "model/rotary_emb"
    paces = 10000.0 ** -(np.arange(0, _HEAD, 2) / _HEAD)
    turned = np.outer(np.arange(POSITIONS), np.concatenate([paces, paces]))
    axes = sketch.ints(f"{path}.axes", 1)
    cosines, sines = (
        sketch.node(
            f"{path}/{name}",
            "Unsqueeze",
            [
                sketch.node(
                    f"{path}/{name}",
                    "Gather",
                    [sketch.weight(f"{path}.{name}_cached", values.astype(np.float32)), positions],
                ),
                axes,
            ],
        )
        for name, values in (("cos", np.cos(turned)), ("sin", np.sin(turned)))
    )
    return cosines, sines


def _layer(
    sketch: Sketch, layer: int, x: str, allowed: str, angles: tuple[str, str], cache: dict[str, str]
) -> str:
    """One block; leaves the keys and values for the next step in `cache`."""
    path = f"model/layers.{layer}"
    normal = rms_norm(sketch, f"{path}/input_layernorm", x, WIDTH)
    attended = _attention(sketch, layer, normal, allowed, angles, cache)
    x = sketch.node(f"{path}/residual_1", "Add", [x, attended])
    normal = rms_norm(sketch, f"{path}/post_attention_layernorm", x, WIDTH)
    gate = product(sketch, f"{path}/mlp/gate_proj", normal, WIDTH, INNER)
    gate = swish(sketch, f"{path}/mlp/act_fn", gate)
    up = product(sketch, f"{path}/mlp/up_proj", normal, WIDTH, INNER)
    inner = sketch.node(f"{path}/mlp", "Mul", [gate, up])
    down = product(sketch, f"{path}/mlp/down_proj", inner, INNER, WIDTH)
    return sketch.node(f"{path}/residual_2", "Add", [x, down])


def _attention(
    sketch: Sketch, layer: int, x: str, allowed: str, angles: tuple[str, str], cache: dict[str, str]
) -> str:
    path = f"model/layers.{layer}/self_attn"
    split = sketch.ints(f"{path}.split", 0, 0, HEADS, _HEAD)
    query, key, value = (
        parted(sketch, f"{path}/{name}", product(sketch, f"{path}/{name}", x, WIDTH, WIDTH), split)
        for name in ("q_proj", "k_proj", "v_proj")
    )
    query, key = _turned(sketch, f"{path}/q", query, angles), _turned(sketch, f"{path}/k", key, angles)
    for name, now in (("key", key), ("value", value)):
        cache[name] = extended(sketch, path, layer, name, now, (HEADS, _HEAD))
    flat = cached_attention(
        sketch, path, query, cache["key"], cache["value"], allowed=allowed, width=WIDTH, head=_HEAD
    )
    return product(sketch, f"{path}/o_proj", flat, WIDTH, WIDTH)


def _turned(sketch: Sketch, path: str, x: str, angles: tuple[str, str]) -> str:
    """x * cos + (the halves of x swapped, the second negated) * sin."""
    cosines, sines = angles
    first, second = sketch.split(path, x, [_HEAD // 2] * 2, axis=3)
    swapped = sketch.node(path, "Concat", [sketch.node(path, "Neg", [second]), first], axis=3)
    straight = sketch.node(f"{path}/cos", "Mul", [x, cosines])
    return sketch.node(path, "Add", [straight, sketch.node(f"{path}/sin", "Mul", [swapped, sines])])


MODEL = ZooModel(id="decoder-q4", title="LLaMA-style decoder in 4 bits, 6 layers of 512, one step", save=save)
