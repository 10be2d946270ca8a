"""ResNet-44 for CIFAR-10 at 32 (He et al. 2015, section 4.2, n = 7): small images, narrow layers."""

from pathlib import Path

from gapprof.subject.blocks.cifar import residual_network
from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

BLOCKS = 7


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("resnet44", seed=44)
    residual_network(sketch, BLOCKS)
    sketch.save(path)


MODEL = ZooModel(id="resnet44", title="ResNet-44 for CIFAR-10, 32x32", save=save)
