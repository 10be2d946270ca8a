import numpy as np
import pytest

from gapprof.kernels.families.conv import Conv, conv
from gapprof.kernels.families.depthwise import Depthwise, depthwise
from gapprof.kernels.families.padded import Padded, padded
from gapprof.kernels.family import Tile
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Array, Problem, Solve

CONVS = [
    Conv(channels=1, filters=1, height=1, width=1, kernel=(1, 1)),
    Conv(channels=3, filters=5, height=9, width=11, kernel=(3, 3), bias=True, activation="relu"),
    Conv(channels=3, filters=4, height=13, width=23, kernel=(3, 3), stride=(2, 2)),
    Conv(channels=4, filters=6, height=8, width=20, kernel=(3, 2), groups=2, bias=True, batch=2),
    Conv(channels=2, filters=3, height=12, width=12, kernel=(3, 3), dilation=(2, 2), activation="clip6"),
    Conv(channels=2, filters=7, height=10, width=41, kernel=(5, 5), stride=(1, 4)),
    Conv(channels=1, filters=2, height=1, width=30, kernel=(1, 7)),
]
DEPTHWISE = [
    Depthwise(channels=3, filters=3, groups=3, height=9, width=11, kernel=(3, 3)),
    Depthwise(channels=4, filters=4, groups=4, height=16, width=19, kernel=(3, 3), stride=(2, 2), bias=True),
    Depthwise(
        channels=2, filters=2, groups=2, height=11, width=37, kernel=(5, 5), bias=True, activation="relu"
    ),
    Depthwise(channels=2, filters=2, groups=2, height=9, width=9, kernel=(3, 3), dilation=(2, 2), batch=2),
    Depthwise(channels=5, filters=5, groups=5, height=4, width=4, kernel=(3, 3), activation="hardswish"),
]


def _operands(shape: Conv) -> tuple[Array, Array, Array]:
    random = np.random.default_rng(3)
    image = random.standard_normal((shape.batch, shape.channels, shape.height, shape.width))
    weights = random.standard_normal((shape.filters, shape.channels // shape.groups, *shape.kernel))
    bias = random.standard_normal(shape.filters)
    return image.astype(np.float32), weights.astype(np.float32), bias.astype(np.float32)


def _wanted(shape: Conv, image: Array, weights: Array, bias: Array) -> Array:
    rows, columns = shape.out
    result = np.zeros((shape.batch, shape.filters, rows, columns))
    per_group, filters = shape.channels // shape.groups, shape.filters // shape.groups
    for f in range(shape.filters):
        group = f // filters
        source = image[:, group * per_group : (group + 1) * per_group].astype(np.float64)
        for y in range(shape.kernel[0]):
            for x in range(shape.kernel[1]):
                top, left = y * shape.dilation[0], x * shape.dilation[1]
                window = source[:, :, top :: shape.stride[0], left :: shape.stride[1]][:, :, :rows, :columns]
                result[:, f] += np.einsum("bchw,c->bhw", window, weights[f, :, y, x])
        if shape.bias:
            result[:, f] += bias[f]
    match shape.activation:
        case "relu":
            result = np.maximum(result, 0)
        case "clip6":
            result = np.clip(result, 0, 6)
        case "hardswish":
            result = result * np.clip(result / 6 + 0.5, 0, 1)
        case _:
            pass
    return np.asarray(result, np.float32)


def _inputs(shape: Conv) -> list[Array]:
    image, weights, bias = _operands(shape)
    return [image, weights, bias] if shape.bias else [image, weights]


@pytest.mark.parametrize("number", range(len(CONVS)), ids=lambda number: str(CONVS[number]))
def test_it_convolves(number: int, solve: Solve) -> None:
    shape, tile = CONVS[number], (Tile(4, 2, 1, 1), Tile(2, 3, 1, 1))[number % 2]

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=conv(shape, tile, machine),
            inputs=_inputs(shape),
            result_shape=(shape.batch, shape.filters, *shape.out),
        )

    np.testing.assert_allclose(solve(problem), _wanted(shape, *_operands(shape)), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("number", range(len(DEPTHWISE)), ids=lambda number: str(DEPTHWISE[number]))
def test_it_convolves_each_channel(number: int, solve: Solve) -> None:
    shape, rows = DEPTHWISE[number], 1 + number % 3

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=depthwise(shape, rows, machine),
            inputs=_inputs(shape),
            result_shape=(shape.batch, shape.filters, *shape.out),
        )

    np.testing.assert_allclose(solve(problem), _wanted(shape, *_operands(shape)), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("pads", [(1, 1, 1, 1), (0, 2, 1, 0)])
def test_it_pads(pads: tuple[int, int, int, int], solve: Solve) -> None:
    image = np.random.default_rng(0).standard_normal((3, 5, 13)).astype(np.float32)
    top, left, bottom, right = pads
    wanted = np.pad(image, ((0, 0), (top, bottom), (left, right)))

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=padded(Padded(planes=3, height=5, width=13, pads=pads), machine),
            inputs=[image],
            result_shape=wanted.shape,
        )

    np.testing.assert_array_equal(solve(problem), wanted)


def test_a_filter_that_sees_two_channels_is_not_depthwise() -> None:
    with pytest.raises(ValueError, match="one filter for each channel"):
        Depthwise(channels=2, filters=4, groups=2, height=5, width=5, kernel=(3, 3))


def test_a_stride_that_no_shuffle_gives_is_refused() -> None:
    shape = Conv(channels=1, filters=1, height=5, width=30, kernel=(3, 3), stride=(3, 3))
    with pytest.raises(ValueError, match="every 3th"):
        conv(shape, Tile(1, 1, 1, 1), Machine(4, fused=False))
