"""ESRGAN's generator (Wang et al. 2018, section 3.1) at 128 to 512: 64 channels, two of its 23 blocks.

A block (RRDB) is three dense blocks of five convolutions, each of which reads all that went before; what
they add counts a fifth. Two doublings by the nearest pixel follow, as in the published network.

Heavy in memory: for a file of 6 MB its operators write 600 MB in one run, a hundredfold, in tensors of up
to 67 MB. One run is 93 thousand million operations, one to two seconds of one core.
"""

from pathlib import Path

from gapprof.subject.blocks.scaling import doubled
from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

SIZE, WIDTH, GROWTH, BLOCKS, DENSE, CONVOLUTIONS = 128, 64, 32, 2, 3, 5
_LEAKY = 1.4
"""Gain behind a rectifier that lets a fifth of negative values through."""


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("super-resolution", seed=23)
    image = sketch.input("input", ["batch_size", 3, SIZE, SIZE])
    first = sketch.conv("conv_first", image, sketch.filters(WIDTH, 3, 3, gain=1.0), pad=1)
    x = first
    for block in range(BLOCKS):
        x = _block(sketch, f"RRDB_trunk.{block}", x)
    x = sketch.conv("trunk_conv", x, sketch.filters(WIDTH, WIDTH, 3, gain=1.0), pad=1)
    x = sketch.node("trunk", "Add", [first, x])
    for stage in (1, 2):
        x = doubled(sketch, f"upsample{stage}", x)
        x = _rectified(sketch, f"upconv{stage}", x, WIDTH, WIDTH, gain=1.0)
    x = _rectified(sketch, "HRconv", x, WIDTH, WIDTH, gain=_LEAKY)
    x = sketch.conv("conv_last", x, sketch.filters(3, WIDTH, 3, gain=_LEAKY), pad=1)
    sketch.output(x, "output", ["batch_size", 3, 4 * SIZE, 4 * SIZE])
    sketch.save(path)


def _block(sketch: Sketch, path: str, source: str) -> str:
    x = source
    for dense in range(1, DENSE + 1):
        x = _dense(sketch, f"{path}/RDB{dense}", x)
    return _added(sketch, path, x, source)


def _dense(sketch: Sketch, path: str, source: str) -> str:
    """Four convolutions that each add 32 channels, and one back to 64."""
    x, parts = source, [source]
    for index in range(1, CONVOLUTIONS):
        channels = WIDTH + GROWTH * (index - 1)
        parts.append(_rectified(sketch, f"{path}/conv{index}", x, channels, GROWTH, gain=_LEAKY))
        x = sketch.node(f"{path}/joined{index}", "Concat", parts, axis=1)
    channels = WIDTH + GROWTH * (CONVOLUTIONS - 1)
    last = sketch.filters(WIDTH, channels, 3, gain=_LEAKY)
    return _added(sketch, path, sketch.conv(f"{path}/conv{CONVOLUTIONS}", x, last, pad=1), source)


def _rectified(sketch: Sketch, path: str, source: str, inputs: int, outputs: int, *, gain: float) -> str:
    x = sketch.conv(path, source, sketch.filters(outputs, inputs, 3, gain=gain), pad=1)
    return sketch.node(f"{path}/lrelu", "LeakyRelu", [x], alpha=0.2)


def _added(sketch: Sketch, path: str, x: str, source: str) -> str:
    fifth = sketch.node(path, "Mul", [x, sketch.scalar(f"{path}.fifth", 0.2)])
    return sketch.node(path, "Add", [fifth, source])


MODEL = ZooModel(id="super-resolution", title="ESRGAN generator, 2 blocks, 128x128 to 512x512", save=save)
