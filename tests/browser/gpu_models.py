"""Small models with seeded weights, whose outputs follow their inputs, for GPUs of software."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from gapprof.records.job import Job
from gapprof.subject.blocks.transformer import parted, product
from gapprof.subject.sketch import Sketch
from tests.browser.conftest import PACE
from tests.settings import QUIET

WIDTH, HEADS, WORDS = 32, 2, 16
FEW_LINKS, LINKS, MANY_LINKS, MOST_LINKS = 3, 100, 400, 1000
ROWS, NARROW = 16384, 4


def cnn(sketch: Sketch) -> tuple[int, ...]:
    """Three convolutions, one of them depthwise, and a dense layer."""
    x = sketch.input("x", [1, 3, 24, 24])
    x = sketch.node("a", "Relu", [sketch.conv("a", x, sketch.filters(16, 3, 3, gain=1.4), stride=2, pad=1)])
    x = sketch.node("b", "Relu", [sketch.conv("b", x, sketch.filters(16, 1, 3, gain=1.4), pad=1, group=16)])
    x = sketch.node("c", "Relu", [sketch.conv("c", x, sketch.filters(32, 16, 1, gain=1.4))])
    x = sketch.node("flat", "Flatten", [x], axis=1)
    sketch.output(sketch.linear("head", x, 32 * 12 * 12, 10), "y", [1, 10])
    return (1, 3, 24, 24)


def encoder(sketch: Sketch) -> tuple[int, ...]:
    """A layer of a transformer: attention, norm, dense layers, norm."""
    x = sketch.input("x", [1, WORDS, WIDTH])
    split = sketch.ints("split", 1, WORDS, HEADS, WIDTH // HEADS)
    query, value = (
        parted(sketch, name, product(sketch, f"{name}/in", x, WIDTH, WIDTH), split) for name in ("q", "v")
    )
    key = parted(sketch, "k", product(sketch, "k/in", x, WIDTH, WIDTH), split, (0, 2, 3, 1))
    scores = sketch.node("scores", "MatMul", [query, key])
    seen = sketch.node("seen", "Softmax", [scores], axis=-1)
    mixed = sketch.node(
        "mixed", "Transpose", [sketch.node("mixed", "MatMul", [seen, value])], perm=[0, 2, 1, 3]
    )
    joined = sketch.node("joined", "Reshape", [mixed, sketch.ints("joined.shape", 1, WORDS, WIDTH)])
    x = sketch.layer_norm("n1", sketch.node("r1", "Add", [x, joined]), WIDTH)
    wide = sketch.node("wide", "Relu", [sketch.projection("wide", x, WIDTH, 4 * WIDTH)])
    narrow = sketch.projection("narrow", wide, 4 * WIDTH, WIDTH)
    sketch.output(
        sketch.layer_norm("n2", sketch.node("r2", "Add", [x, narrow]), WIDTH), "y", [1, WORDS, WIDTH]
    )
    return (1, WORDS, WIDTH)


def matmul(sketch: Sketch) -> tuple[int, ...]:
    """Two products of matrices."""
    x = sketch.input("x", [96, 96])
    x = product(sketch, "a", x, 96, 96)
    sketch.output(product(sketch, "b", x, 96, 96), "y", [96, 96])
    return (96, 96)


def tall(sketch: Sketch) -> tuple[int, ...]:
    """The same of matrices so narrow that their shaders share no memory: software has them compiled at once.

    Natively a run is long enough for few of them to make a sample.
    """
    x = sketch.input("x", [ROWS, NARROW])
    x = product(sketch, "a", x, NARROW, NARROW)
    sketch.output(product(sketch, "b", x, NARROW, NARROW), "y", [ROWS, NARROW])
    return (ROWS, NARROW)


def links(sketch: Sketch) -> tuple[int, ...]:
    """Few, of matrices as large as those of `matmul`: software has their shaders compiled at once."""
    return _chained(sketch, FEW_LINKS, shape=(96, 96))


def chain(sketch: Sketch) -> tuple[int, ...]:
    """Very many very small dispatches: operators that nothing merges and that forget nothing of the input."""
    return _chained(sketch, LINKS)


def long_chain(sketch: Sketch) -> tuple[int, ...]:
    """Four times as many."""
    return _chained(sketch, MANY_LINKS)


def longest_chain(sketch: Sketch) -> tuple[int, ...]:
    """Ten times as many: opening and recording them alone takes many seconds."""
    return _chained(sketch, MOST_LINKS)


def _chained(sketch: Sketch, count: int, shape: tuple[int, int] = (1, 32)) -> tuple[int, ...]:
    x = sketch.input("x", shape)
    for link in range(count):
        op_type = ("Mul", "Add", "Neg")[link % 3]
        other = [] if op_type == "Neg" else [sketch.weight(f"w{link}", 1 + sketch.normal(*shape, spread=0.1))]
        x = sketch.node(f"link{link}", op_type, [x, *other])
    sketch.output(x, "y", shape)
    return shape


MODELS: Mapping[str, Callable[[Sketch], tuple[int, ...]]] = {
    "cnn": cnn,
    "encoder": encoder,
    "matmul": matmul,
    "chain": chain,
}
"""The four that are recorded and replayed in every way."""
_OTHERS: Mapping[str, Callable[[Sketch], tuple[int, ...]]] = {
    "links": links,
    "long-chain": long_chain,
    "longest-chain": longest_chain,
    "tall": tall,
}


def job_of(name: str, folder: Path) -> Job:
    """The model, an input of its own and where its outputs go, all in that folder."""
    sketch = Sketch(name, seed=7)
    shape = {**MODELS, **_OTHERS}[name](sketch)
    path = folder / f"{name}.onnx"
    sketch.save(path)
    inputs = folder / f"{name}.npz"
    np.savez(inputs, x=np.random.default_rng(11).standard_normal(shape).astype(np.float32))
    return Job(
        rung="web",
        round=0,
        seed=1,
        setting=replace(QUIET, where="main"),
        model_path=str(path),
        external_data=(),
        optimise=True,
        inputs_path=str(inputs),
        outputs_path=str(folder / f"{name}.outputs.npz"),
        pace=PACE,
    )
