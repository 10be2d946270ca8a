"""Batch normalisation that stands alone."""

import math

from gapprof.kernels.families.affine import Affine
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules


def _batch_normalisation(node: Node) -> Parts:
    """Its four numbers per channel make two, once and beside the rest."""
    if len(node.outputs) > 1 or node.attribute("training_mode", 0):
        raise NoTwinError("it is made for training")
    image = node.input(0)
    channels = image[1] if len(image) > 1 else 1
    return [Affine(batch=image[0], channels=channels, pixels=math.prod(image[2:]))]


RULES = Rules(id="normalised", by_operator={("ai.onnx", "BatchNormalization"): _batch_normalisation})
