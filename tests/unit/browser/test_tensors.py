from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gapprof.browser.tensors import ALIGNMENT, packed, save, unpacked
from gapprof.browser.trouble import VisitError
from gapprof.records.wire.tensors import TensorSlice

ARRAYS: dict[str, NDArray[np.generic]] = {
    "file": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a/b.npy": np.array([1, -(2**40)], dtype=np.int64),
    "flag": np.array([True, False, True]),
    "half": np.array([0.5, -1.5, 2.0], dtype=np.float16),
    "scalar": np.array(7, dtype=np.uint8),
    "empty": np.zeros((0, 4), dtype=np.float64),
    "big endian": np.array([1.0, 2.0], dtype=">f4"),
    "columns": np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)),
}


def test_arrays_come_back_as_they_went(tmp_path: Path) -> None:
    save(ARRAYS, tmp_path / "in.npz")
    block, slices = packed(tmp_path / "in.npz")
    back = unpacked(block, slices)
    assert list(back) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert back[name].shape == array.shape
        np.testing.assert_array_equal(back[name], array)


def test_every_tensor_begins_where_a_typed_array_may(tmp_path: Path) -> None:
    save(ARRAYS, tmp_path / "in.npz")
    _, slices = packed(tmp_path / "in.npz")
    assert all(piece.offset % ALIGNMENT == 0 for piece in slices)


def test_text_cannot_travel(tmp_path: Path) -> None:
    save({"words": np.array(["a", "b"])}, tmp_path / "in.npz")
    with pytest.raises(VisitError) as caught:
        packed(tmp_path / "in.npz")
    assert caught.value.kind == "model"
    assert "words" in caught.value.message


def test_an_output_that_is_cut_short_is_noticed() -> None:
    piece = TensorSlice(name="y", dtype="float32", dims=(4,), offset=0, size_bytes=16)
    with pytest.raises(VisitError, match="12 bytes"):
        unpacked(bytes(12), (piece,))
