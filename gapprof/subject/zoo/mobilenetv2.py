"""MobileNetV2 1.0 at 224 (Sandler et al. 2018): depthwise convolutions and linear bottlenecks."""

from pathlib import Path

from gapprof.subject.blocks import mobilenet
from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("mobilenetv2", seed=2018)
    x = mobilenet.features(sketch, sketch.input("input", ["batch_size", 3, 224, 224])).last
    x = sketch.node("pool", "GlobalAveragePool", [x])
    x = sketch.node("flatten", "Flatten", [x], axis=1)
    x = sketch.linear("classifier.1", x, mobilenet.LAST, 1000, gain=3.0)
    sketch.output(x, "output", ["batch_size", 1000])
    sketch.save(path)


MODEL = ZooModel(id="mobilenetv2", title="MobileNetV2 1.0, 224x224", save=save)
