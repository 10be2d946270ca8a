import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import helper

from gapprof.records.model import TensorSpec
from gapprof.subject.dims import Resolved
from gapprof.subject.seeded import seeded_inputs

EMPTY = onnx.GraphProto()


def _one(
    name: str, dtype: str, *shape: int, graph: onnx.GraphProto = EMPTY, seed: int = 0, past: int = 0
) -> NDArray:
    spec = TensorSpec(name=name, dtype=dtype, shape=shape)
    resolved = Resolved(inputs=(spec,), symbols={"past_sequence_length": past}, assumed={})
    return seeded_inputs(graph, resolved, seed)[name]


def _lookup(rows: int) -> onnx.GraphProto:
    node = helper.make_node("Gather", ["table", "x"], ["y"])
    table = onnx.TensorProto(name="table", dims=(rows, 4))
    return onnx.GraphProto(node=[node], initializer=[table])


def test_the_same_seed_gives_the_same_values_and_another_seed_others() -> None:
    first, again, other = (_one("x", "float32", 3, 4, seed=seed) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_negative_seed_is_as_good_as_any() -> None:
    assert not np.array_equal(_one("x", "float32", 3, seed=-1), _one("x", "float32", 3, seed=1))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(100, 100), (1, 3, 64, 64), (1, 64, 64, 3)])
def test_floats_are_normal(dtype: str, shape: tuple[int, ...]) -> None:
    values = _one("x", dtype, *shape)
    assert values.dtype == dtype
    assert values.shape == shape
    assert abs(float(values.astype(float).std()) - 1) < 0.15


def test_a_picture_has_patches_so_that_it_survives_averaging() -> None:
    picture = _one("x", "float32", 1, 3, 64, 64)
    patches = picture.reshape(1, 3, 8, 8, 8, 8).mean(axis=(3, 5))
    assert patches.std() > 0.5


def test_ids_stay_inside_their_table() -> None:
    ids = _one("x", "int64", 1000, graph=_lookup(7))
    assert set(np.unique(ids)) == set(range(7))


@pytest.mark.parametrize("dtype", ["int64", "int32", "float32", "bool"])
def test_masks_are_ones(dtype: str) -> None:
    mask = _one("attention_mask", dtype, 2, 3)
    assert mask.dtype == dtype
    assert mask.all()


def test_positions_run_on_after_the_cache_and_stay_inside_their_table() -> None:
    assert _one("position_ids", "int64", 1, 3, past=64).tolist() == [[64, 65, 66]]
    graph = _lookup(66)
    graph.node[0].input[1] = "position_ids"
    assert _one("position_ids", "int64", 1, 3, past=64, graph=graph).tolist() == [[64, 65, 65]]


@pytest.mark.parametrize(("dtype", "low", "high"), [("uint8", 0, 255), ("int8", -128, 127)])
def test_bytes_use_their_whole_range(dtype: str, low: int, high: int) -> None:
    values = _one("x", dtype, 100, 100)
    assert (values.min(), values.max()) == (low, high)


def test_ids_without_a_table_are_small() -> None:
    assert _one("input_ids", "int64", 1000).max() < 100


@pytest.mark.parametrize("dtype", ["int32", "uint16", "bool", "uint64"])
def test_every_other_type_comes_out_as_asked(dtype: str) -> None:
    values = _one("x", dtype, 50)
    assert values.dtype == dtype
    assert set(values.tolist()) <= {0, 1}


def test_a_scalar_has_no_dimensions() -> None:
    assert _one("lengths", "int64").shape == ()
