"""Quantised kernels that convolve nothing: exact but for results that lie halfway between two bytes."""

import dataclasses

import numpy as np
import pytest

from gapprof.engine import Engine
from gapprof.kernels.families.added_int8 import AddedInt8, added_int8
from gapprof.kernels.families.converted import Converted, converted
from gapprof.kernels.families.max_pool import MaxPool, max_pool
from gapprof.kernels.families.padded import Padded, padded
from gapprof.kernels.families.paired import Paired, paired
from gapprof.kernels.families.product_int8 import ProductInt8, product_int8
from gapprof.kernels.families.widened import Widened, widened
from gapprof.kernels.family import Tile
from gapprof.kernels.machine import Machine
from gapprof.kernels.products_of_bytes import FOURS
from tests.unit.kernels.lowerings import NATIVE, Problem, Solve, natively, solver
from tests.unit.kernels.quantised import pairs

PADDED = [
    Paired(channels=4, height=5, width=19, pads=(1, 1, 1, 1)),
    Paired(channels=3, height=3, width=8, pads=(0, 2, 1, 0), unsigned=True),
    Paired(channels=1, height=4, width=7, pads=(0, 0, 0, 0), batch=2),
    Paired(channels=2, height=2, width=2, pads=(1, 0, 0, 1)),
    Paired(channels=5, height=2, width=40, pads=(0, 0, 0, 0), batch=3),
]


@pytest.mark.parametrize("shape", PADDED, ids=str)
def test_it_pairs_channels_and_pads(shape: Paired, solve_bytes: Solve) -> None:
    kind = np.uint8 if shape.unsigned else np.int8
    size = (shape.batch, shape.channels, shape.height, shape.width)
    image = np.random.default_rng(0).integers(np.iinfo(kind).min, np.iinfo(kind).max + 1, size).astype(kind)
    top, left, bottom, right = shape.pads
    shifted = (image.astype(np.int16) - (128 if shape.unsigned else 0)).astype(np.int8)
    wanted = pairs(np.pad(shifted, ((0, 0), (0, 0), (top, bottom), (left, right))))

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=paired(shape, machine), inputs=[image], result_shape=wanted.shape, result_type=np.int8
        )

    np.testing.assert_array_equal(solve_bytes(problem), wanted)


POOLED = [
    MaxPool(planes=3, height=9, width=35, kernel=(3, 3), stride=(2, 2), element="u8"),
    MaxPool(planes=2, height=4, width=6, kernel=(2, 3), element="i8"),
    MaxPool(planes=1, height=3, width=40, kernel=(2, 2), stride=(1, 2), element="i8"),
]


@pytest.mark.parametrize("shape", POOLED, ids=str)
def test_it_finds_the_largest_byte_of_each_window(shape: MaxPool, solve_bytes: Solve) -> None:
    kind = np.uint8 if shape.element == "u8" else np.int8
    low, high = np.iinfo(kind).min, np.iinfo(kind).max + 1
    planes = np.random.default_rng(0).integers(low, high, (shape.planes, shape.height, shape.width))
    windows = np.lib.stride_tricks.sliding_window_view(planes.astype(kind), shape.kernel, axis=(1, 2))
    wanted = windows[:, :: shape.stride[0], :: shape.stride[1]].max(axis=(3, 4))

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=max_pool(shape, machine),
            inputs=[planes.astype(kind)],
            result_shape=wanted.shape,
            result_type=kind,
        )

    np.testing.assert_array_equal(solve_bytes(problem), wanted)


@pytest.mark.parametrize("width", [4, 7, 16, 37])
def test_it_pads_bytes(width: int, solve_bytes: Solve) -> None:
    planes = np.random.default_rng(0).integers(-128, 128, (3, 5, width)).astype(np.int8)
    wanted = np.pad(planes, ((0, 0), (1, 0), (2, 1)))

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=padded(Padded(planes=3, height=5, width=width, pads=(1, 2, 0, 1), element="i8"), machine),
            inputs=[planes],
            result_shape=wanted.shape,
            result_type=np.int8,
        )

    np.testing.assert_array_equal(solve_bytes(problem), wanted)


@pytest.mark.parametrize("count", [8, 48, 256])
@pytest.mark.parametrize("unsigned", [False, True])
def test_it_adds_bytes(count: int, unsigned: bool, solve_bytes: Solve) -> None:
    kind = np.uint8 if unsigned else np.int8
    low, high = np.iinfo(kind).min, np.iinfo(kind).max + 1
    left, right = np.random.default_rng(count).integers(low, high, (2, count)).astype(kind)
    scales = np.array([0.7, 0.4, 3.3], np.float32)
    wanted = np.rint(np.clip(left * 0.7 + right * 0.4 + 3.3, low, high - 1))

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=added_int8(AddedInt8(count=count, unsigned=unsigned), 2, machine),
            inputs=[left, right, scales],
            result_shape=(count,),
            result_type=kind,
        )

    found = solve_bytes(problem).astype(np.float64)
    assert np.abs(found - wanted).max() <= 1
    assert np.mean(found != wanted) <= 0.05


PRODUCTS = [
    ProductInt8(rows=1, depth=2, columns=4),
    ProductInt8(rows=5, depth=33, columns=37),
    ProductInt8(rows=7, depth=68, columns=50, narrow=True),
]


@pytest.mark.parametrize("shape", PRODUCTS, ids=str)
@pytest.mark.parametrize("tile", [Tile(4, 2, 1, 1), Tile(3, 1, 1, 1), Tile(4, 2, 1, FOURS)], ids=str)
def test_it_multiplies_bytes_to_floats(shape: ProductInt8, tile: Tile, solve_bytes: Solve) -> None:
    random = np.random.default_rng(4)
    bits = 6 if shape.narrow else 7
    left = random.integers(-128, 128, (shape.rows, shape.depth))
    weights = random.integers(-(2**bits), 2**bits, (shape.depth, shape.columns))
    scales = random.uniform(0.1, 1, shape.rows).astype(np.float32)
    first = random.integers(-500, 500, shape.rows)
    wanted = (left @ weights + first[:, None]).astype(np.float32) * scales[:, None]

    def problem(machine: Machine) -> Problem:
        fours = tile.depth == FOURS and shape.in_fours and machine.fused
        chosen = tile if fours else Tile(tile.rows, tile.vectors, 1, 1)
        shifted = weights + 64 if fours else weights
        padded = np.pad(shifted, ((0, shape.depth % 2), (0, 0)))
        pairs = padded.reshape(-1, 2, shape.columns).swapaxes(1, 2).astype(np.int8)
        rows = np.pad(left, ((0, 0), (0, shape.depth % 2))).astype(np.int8 if fours else np.int16)
        start = first - 64 * left.sum(1) if fours else first
        return Problem(
            kernel=product_int8(shape, chosen, machine),
            inputs=[pairs, rows, start.astype(np.int32), scales],
            result_shape=wanted.shape,
        )

    np.testing.assert_array_equal(solve_bytes(problem), wanted)


@pytest.mark.parametrize("count", [8, 48, 360])
def test_floats_are_made_bytes_by_their_range(count: int, solve_bytes: Solve) -> None:
    x = np.random.default_rng(count).uniform(-1, 3, count).astype(np.float32)
    x[0] = -1
    scale = (x.max() - x.min()) / 255
    wanted = np.clip(np.rint(x / scale) + np.rint(-x.min() / scale), 0, 255)

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=widened(Widened(count=count), 2, machine),
            inputs=[x],
            result_shape=(count,),
            result_type=np.int16,
        )

    found = solve_bytes(problem)
    assert np.abs(found - wanted).max() <= 1
    assert np.mean(found != wanted) <= 0.05
    assert found.min() == 0
    assert found.max() == 255


@pytest.mark.parametrize("count", [8, 48, 360])
@pytest.mark.parametrize("unsigned", [False, True])
def test_floats_are_made_bytes_and_back(count: int, unsigned: bool, solve_bytes: Solve) -> None:
    kind = np.uint8 if unsigned else np.int8
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    x = np.random.default_rng(count).uniform(-50, 60, count).astype(np.float32)
    wanted = np.clip(np.rint(x * np.float32(2.5) + np.float32(3)), low, high).astype(kind)

    def to_bytes(machine: Machine) -> Problem:
        shape = Converted(count=count, to="bytes", unsigned=unsigned)
        told = np.array([2.5, 3], np.float32)
        return Problem(
            kernel=converted(shape, 2, machine), inputs=[x, told], result_shape=(count,), result_type=kind
        )

    def to_floats(machine: Machine) -> Problem:
        shape = Converted(count=count, to="floats", unsigned=unsigned)
        told = np.array([0.5, -1.5], np.float32)
        return Problem(kernel=converted(shape, 2, machine), inputs=[wanted, told], result_shape=(count,))

    np.testing.assert_array_equal(solve_bytes(to_bytes), wanted)
    np.testing.assert_array_equal(solve_bytes(to_floats), wanted.astype(np.float32) * 0.5 - 1.5)


def test_fours_are_products_of_wider_numbers_where_there_is_no_instruction(engine: Engine) -> None:
    """As on ARM, here by another target's name for this CPU."""
    shape, random = PRODUCTS[-1], np.random.default_rng(0)
    weights = random.integers(0, 128, (shape.depth // 2, shape.columns, 2)).astype(np.int8)
    left = random.integers(-128, 128, (shape.rows, shape.depth)).astype(np.int8)
    first, scales = np.zeros(shape.rows, np.int32), np.ones(shape.rows, np.float32)

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=product_int8(shape, Tile(4, 2, 1, FOURS), Machine(machine.lanes, fused=True)),
            inputs=[weights, left, first, scales],
            result_shape=(shape.rows, shape.columns),
        )

    target = list(NATIVE.values())[-1]
    plain = dataclasses.replace(target, machine="aarch64")
    assert plain.byte_dot == "none"
    found = natively(problem(Machine(target.lanes, target.fused)), plain)
    np.testing.assert_array_equal(found, solver("wasm-relaxed", engine)(problem))
