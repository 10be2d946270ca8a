"""ResNet-20 for CIFAR-10 at 32 (He et al. 2015, section 4.2, n = 3): small images, narrow layers."""

from pathlib import Path

from gapprof.subject.blocks.cifar import residual_network
from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

BLOCKS = 3


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("resnet20", seed=20)
    residual_network(sketch, BLOCKS)
    sketch.save(path)


MODEL = ZooModel(id="resnet20", title="ResNet-20 for CIFAR-10, 32x32", save=save)
