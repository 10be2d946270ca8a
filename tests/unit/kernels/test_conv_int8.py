"""Convolutions of bytes: exact but for results that lie halfway between two bytes."""

import platform
from collections.abc import Callable

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof.kernels.families.conv_int8 import ConvInt8, conv_int8
from gapprof.kernels.families.conv_int8_grouped import ConvInt8Grouped
from gapprof.kernels.families.conv_int8_narrow import FAMILY, ConvInt8Narrow, conv_int8_narrow
from gapprof.kernels.families.depthwise_int8 import DepthwiseInt8, depthwise_int8
from gapprof.kernels.family import Tile
from gapprof.kernels.llvm.compile import assembly, text_of
from gapprof.kernels.llvm.target import TARGETS, available
from gapprof.kernels.machine import Machine
from gapprof.kernels.products_of_bytes import FOURS
from tests.unit.kernels.lowerings import Array, Problem, Solve
from tests.unit.kernels.quantised import pairs

CONVS = [
    ConvInt8(channels=1, filters=2, height=1, width=4, kernel=(1, 1)),
    ConvInt8(channels=3, filters=5, height=9, width=11, kernel=(3, 3), zero_point=7, unsigned=True),
    ConvInt8(channels=4, filters=6, height=13, width=33, kernel=(3, 3), stride=(2, 2), zero_point=-3),
    ConvInt8(channels=6, filters=3, height=8, width=23, kernel=(3, 2), batch=2),
    ConvInt8(channels=2, filters=7, height=12, width=12, kernel=(3, 3), dilation=(2, 2)),
    ConvInt8(channels=16, filters=4, height=8, width=9, kernel=(1, 1), stride=(2, 1)),
    ConvInt8Grouped(channels=6, filters=4, height=7, width=13, kernel=(3, 3), groups=2, batch=2),
    ConvInt8Grouped(
        channels=8, filters=12, height=5, width=20, kernel=(1, 3), stride=(1, 2), groups=4, unsigned=True
    ),
]
DEPTHWISE = [
    DepthwiseInt8(channels=3, filters=3, height=5, width=6, kernel=(3, 3), zero_point=5, unsigned=True),
    DepthwiseInt8(channels=2, filters=2, height=9, width=47, kernel=(3, 3), batch=2, unsigned_source=True),
    DepthwiseInt8(channels=4, filters=4, height=9, width=35, kernel=(3, 3), stride=(2, 2)),
    DepthwiseInt8(
        channels=2, filters=2, height=11, width=25, kernel=(5, 5), dilation=(2, 1), unsigned_source=True
    ),
    DepthwiseInt8(channels=2, filters=2, height=3, width=29, kernel=(1, 4), stride=(1, 4), zero_point=-9),
]


def _operands(shape: ConvInt8 | DepthwiseInt8) -> tuple[Array, Array, Array, Array]:
    random = np.random.default_rng(3)
    low = 0 if isinstance(shape, DepthwiseInt8) and shape.unsigned_source else -128
    image = random.integers(low, low + 256, (shape.batch, shape.channels, shape.height, shape.width))
    channels = shape.channels // shape.window.groups
    weights = random.integers(-127, 128, (shape.filters, channels, *shape.kernel))
    bias = random.integers(-5000, 5000, shape.filters) - low * weights.sum((1, 2, 3))
    scales = random.uniform(1, 3, shape.filters) / np.sqrt(weights[0].size) / 100
    image = image.astype(np.int8 if low else np.uint8)
    return image, weights, bias.astype(np.int32), scales.astype(np.float32)


def _wanted(
    shape: ConvInt8 | DepthwiseInt8, image: Array, weights: Array, bias: Array, scales: Array
) -> Array:
    rows, columns = shape.window.out
    total = np.zeros((shape.batch, shape.filters, rows, columns), np.int64)
    groups, planes = shape.window.groups, weights.shape[1]
    for f in range(shape.filters):
        source = image[:, f // (shape.filters // groups) * planes :][:, :planes].astype(np.int64)
        for y in range(shape.kernel[0]):
            for x in range(shape.kernel[1]):
                top, left = y * shape.dilation[0], x * shape.dilation[1]
                window = source[:, :, top :: shape.stride[0], left :: shape.stride[1]]
                total[:, f] += np.einsum("bchw,c->bhw", window[:, :, :rows, :columns], weights[f, :, y, x])
    total += bias[:, None, None]
    lowest, highest = (0, 255) if shape.unsigned else (-128, 127)
    scaled = total * scales.astype(np.float64)[:, None, None] + shape.zero_point
    return np.rint(np.clip(scaled, lowest, highest))


@pytest.mark.parametrize("number", range(len(CONVS)), ids=lambda number: str(CONVS[number]))
def test_it_convolves_bytes(number: int, solve_bytes: Solve) -> None:
    shape, tile = CONVS[number], (Tile(4, 2, 1, 1), Tile(2, 3, 1, 1))[number % 2]
    image, weights, bias, scales = _operands(shape)
    groups, planes = shape.window.groups, weights.shape[1]
    odd = planes % 2
    of_groups = image.reshape(shape.batch * groups, planes, shape.height, shape.width)
    in_pairs = pairs(np.pad(weights, ((0, 0), (0, odd), (0, 0), (0, 0)))).astype(np.int16)

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=conv_int8(shape, tile, machine),
            inputs=[pairs(of_groups), in_pairs, bias, scales],
            result_shape=(shape.batch, shape.filters, *shape.window.out),
            result_type=np.uint8 if shape.unsigned else np.int8,
        )

    _same_bytes(solve_bytes(problem), _wanted(shape, image, weights, bias, scales))


def _same_bytes(found: Array, wanted: Array) -> None:
    """But for those that lie halfway."""
    assert len(np.unique(wanted)) > min(wanted.size, 20) / 3, "not a matter of bounds alone"
    assert np.abs(found.astype(np.float64) - wanted).max() <= 1
    assert np.mean(found != wanted) < 0.01


NARROW = [
    ConvInt8Narrow(channels=4, filters=1, height=1, width=4, kernel=(1, 1), narrow="filters"),
    ConvInt8Narrow(channels=8, filters=13, height=7, width=21, kernel=(3, 3), narrow="filters"),
    ConvInt8Narrow(
        channels=12,
        filters=5,
        height=6,
        width=43,
        kernel=(3, 2),
        stride=(2, 2),
        narrow="filters",
        batch=2,
        unsigned=True,
    ),
    ConvInt8Narrow(channels=68, filters=9, height=1, width=37, kernel=(1, 1), narrow="image"),
]


PAIRS = Tile(2, 3, 1, 1)


@pytest.mark.parametrize("shape", NARROW, ids=str)
@pytest.mark.parametrize("extreme", [False, True])
def test_fours_of_narrow_bytes_give_what_pairs_give(
    shape: ConvInt8Narrow, extreme: bool, solve_bytes: Solve
) -> None:
    image, weights, bias, scales = _operands(shape)
    random = np.random.default_rng(6)
    lowest, highest = ([-64, 63] if extreme else [-128, 127]), [-64, -1, 0, 63]
    if shape.narrow == "image":
        image = random.integers(-64, 64, image.shape).astype(np.int8)
        weights = random.integers(-128, 128, weights.shape)
    else:
        weights = random.integers(-64, 64, weights.shape)
    if extreme:
        image = np.full_like(image, lowest[0] if shape.narrow == "image" else -128)
        weights = np.full_like(weights, highest[-1])

    def problem(tile: Tile) -> Callable[[Machine], Problem]:
        return lambda machine: Problem(
            kernel=conv_int8_narrow(shape, tile if machine.fused else PAIRS, machine),
            inputs=[*_laid_out(shape, image, weights, bias, tile if machine.fused else PAIRS), scales],
            result_shape=(shape.batch, shape.filters, *shape.window.out),
            result_type=np.uint8 if shape.unsigned else np.int8,
        )

    found = solve_bytes(problem(Tile(4, 2, 1, FOURS)))
    np.testing.assert_array_equal(found, solve_bytes(problem(PAIRS)))
    if not extreme:
        _same_bytes(found, _wanted(shape, image, weights, bias, scales))


def _laid_out(
    shape: ConvInt8Narrow, image: Array, weights: Array, bias: Array, tile: Tile
) -> tuple[Array, Array, Array]:
    """Image, filters and bias as a schedule wants them."""
    if tile.depth != FOURS:
        return pairs(image), pairs(weights).astype(np.int16), bias
    fours = np.moveaxis(weights.reshape(shape.filters, -1, 4, *shape.kernel), 2, -1)
    if shape.narrow == "filters":
        return pairs(image), (fours + 64).astype(np.int8), bias
    corrected = bias - 64 * weights.sum((1, 2, 3))
    return pairs(image) + np.int8(64), fours.astype(np.int8), corrected.astype(np.int32)


def test_fours_of_bytes_want_channels_in_fours_and_a_relaxed_target() -> None:
    even = NARROW[1]
    odd = replace(even, channels=6)
    relaxed, plain = Machine(4, fused=True), Machine(4, fused=False)

    def fours(shape: ConvInt8Narrow, machine: Machine) -> bool:
        return any(tile.depth == FOURS for tile in FAMILY.tiles(shape, machine))

    assert fours(even, relaxed)
    assert not fours(even, plain)
    assert not fours(odd, relaxed)
    with pytest.raises(ValueError, match="no products of four"):
        conv_int8_narrow(odd, Tile(1, 1, 1, FOURS), relaxed)


@pytest.mark.parametrize("shape", DEPTHWISE, ids=str)
@pytest.mark.parametrize("vectors", [1, 2])
def test_it_convolves_each_channel_of_bytes(shape: DepthwiseInt8, vectors: int, solve_bytes: Solve) -> None:
    image, weights, bias, scales = _operands(shape)
    taps = weights.reshape(shape.channels, -1)
    in_pairs = np.pad(taps, ((0, 0), (0, taps.shape[1] % 2))).astype(np.int16)

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=depthwise_int8(shape, vectors, machine),
            inputs=[image, in_pairs, bias, scales],
            result_shape=(shape.batch, shape.filters, *shape.window.out),
            result_type=np.uint8 if shape.unsigned else np.int8,
        )

    _same_bytes(solve_bytes(problem), _wanted(shape, image, weights, bias, scales))


@pytest.mark.parametrize("width", [1, 3])
def test_rows_that_fill_no_vector_are_refused(width: int) -> None:
    with pytest.raises(ValueError, match="is stored by nothing here"):
        conv_int8(
            ConvInt8(channels=2, filters=1, height=1, width=width, kernel=(1, 1)),
            Tile(1, 1, 1, 1),
            Machine(4, fused=False),
        )


@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are instructions of x86-64")
@pytest.mark.parametrize(
    ("target", "has", "instruction"),
    [
        ("fma128", {}, "vpmaddubsw"),
        ("fma128", {"avxvnni": True}, "vpdpbusd"),
        ("avx2", {"avxvnni": True}, "vpdpbusd"),
        ("avx512", {}, "vpmaddubsw"),
        ("avx512", {"avx512vnni": True}, "vpdpbusd"),
    ],
)
def test_fours_are_one_instruction_where_the_cpu_has_it(
    target: str, has: dict[str, bool], instruction: str
) -> None:
    every = {name: True for one in TARGETS for name in one.features} | has
    chosen = next(one for one in available("x86_64", every) if one.id == target)
    kernel = conv_int8_narrow(NARROW[1], Tile(4, 1, 1, FOURS), Machine(chosen.lanes, chosen.fused))
    text = assembly(text_of([kernel], chosen), chosen)
    found = {one for one in ("vpmaddubsw", "vpdpbusd") if one in text}
    assert found == {instruction}
