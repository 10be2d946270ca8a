"""Bytes as quantised kernels take them."""

import numpy as np

from tests.unit.kernels.lowerings import Array


def pairs(image: Array) -> Array:
    """[batch, channels, …] to [batch, pairs, …, 2], the last of an odd number with itself."""
    if image.shape[1] % 2:
        image = np.concatenate([image, image[:, -1:]], axis=1)
    return np.ascontiguousarray(np.moveaxis(image.reshape(image.shape[0], -1, 2, *image.shape[2:]), 2, -1))
