import numpy as np
import pytest

from gapprof.kernels.families.conv_transposed import ConvTransposed, conv_transposed
from gapprof.kernels.family import Tile
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Array, Problem, Solve

SHAPES = [
    ConvTransposed(channels=1, filters=1, height=3, width=3, kernel=(1, 1), crop=(0, 0), out=(3, 3)),
    ConvTransposed(
        channels=3, filters=5, height=7, width=9, kernel=(3, 3), crop=(2, 2), out=(5, 7), bias=True
    ),
    ConvTransposed(
        channels=2, filters=3, height=6, width=13, kernel=(4, 4), stride=(2, 2), crop=(3, 3), out=(8, 22)
    ),
    ConvTransposed(
        channels=4,
        filters=6,
        height=5,
        width=8,
        kernel=(3, 3),
        stride=(2, 2),
        groups=2,
        crop=(2, 2),
        out=(7, 13),
        batch=2,
        bias=True,
    ),
    ConvTransposed(
        channels=2, filters=9, height=4, width=21, kernel=(2, 2), stride=(2, 2), crop=(0, 0), out=(8, 42)
    ),
    ConvTransposed(
        channels=1, filters=2, height=4, width=6, kernel=(2, 1), stride=(3, 4), crop=(0, 0), out=(11, 21)
    ),
    ConvTransposed(
        channels=2, filters=2, height=1, width=30, kernel=(1, 5), stride=(1, 3), crop=(0, 4), out=(1, 71)
    ),
]


def _wanted(shape: ConvTransposed, image: Array, weights: Array, bias: Array) -> Array:
    """Each element scattered, then cut out of the whole."""
    (down, across), (height, width) = shape.stride, shape.kernel
    rows, columns = (shape.height - 1) * down + height, (shape.width - 1) * across + width
    whole = np.zeros((shape.batch, shape.filters, rows, columns))
    planes, filters = shape.channels // shape.groups, shape.filters // shape.groups
    for f in range(shape.filters):
        source = image[:, f // filters * planes :][:, :planes].astype(np.float64)
        for y in range(height):
            for x in range(width):
                scaled = np.einsum("bchw,c->bhw", source, weights[f, :, y, x])
                whole[:, f, y::down, x::across][:, : shape.height, : shape.width] += scaled
    top, left = shape.crop
    cut = np.zeros((shape.batch, shape.filters, *shape.out))
    found = whole[:, :, top:, left:][:, :, : shape.out[0], : shape.out[1]]
    cut[:, :, : found.shape[2], : found.shape[3]] = found
    return cut + bias[:, None, None] if shape.bias else cut


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("tile", [Tile(4, 1, 1, 1), Tile(2, 2, 1, 1)], ids=str)
def test_it_convolves_the_other_way(shape: ConvTransposed, tile: Tile, solve: Solve) -> None:
    random = np.random.default_rng(3)
    image = random.standard_normal((shape.batch, shape.channels, shape.height, shape.width))
    weights = random.standard_normal((shape.filters, shape.channels // shape.groups, *shape.kernel))
    bias = random.standard_normal(shape.filters)
    inputs = [one.astype(np.float32) for one in (image, weights, bias)]

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=conv_transposed(shape, tile, machine),
            inputs=inputs if shape.bias else inputs[:2],
            result_shape=(shape.batch, shape.filters, *shape.out),
        )

    np.testing.assert_allclose(solve(problem), _wanted(shape, *inputs), rtol=2e-5, atol=2e-5)
