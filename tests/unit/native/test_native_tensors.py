"""Arrays in and out of files."""

from pathlib import Path

import numpy as np
import pytest

from gapprof.native.tensors import read_arrays, write_arrays


def test_arrays_come_back_under_any_name_a_graph_may_use(tmp_path: Path) -> None:
    arrays = {
        "file": np.arange(6, dtype=np.float32).reshape(2, 3),  # numpy.savez could not write this name
        "a/b:0": np.array(7, dtype=np.int64),
        "ends in .npy": np.zeros((0, 3), dtype=np.float16),
        "wörter.npy": np.array(["eins", "zwei"]),
        "flags": np.array([True, False]),
    }
    write_arrays(tmp_path / "a.npz", arrays)
    back = read_arrays(tmp_path / "a.npz")
    assert list(back) == list(arrays)
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        assert back[name].shape == array.shape
        np.testing.assert_array_equal(back[name], array)


def test_numpy_reads_what_is_written(tmp_path: Path) -> None:
    write_arrays(tmp_path / "a.npz", {"x": np.eye(2)})
    with np.load(tmp_path / "a.npz") as stored:
        np.testing.assert_array_equal(stored["x"], np.eye(2))


def test_a_column_major_array_is_handed_out_row_by_row(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.asfortranarray(np.arange(6).reshape(2, 3)))
    assert read_arrays(tmp_path / "a.npz")["x"].flags["C_CONTIGUOUS"]


def test_string_tensors_are_stored_without_pickling(tmp_path: Path) -> None:
    write_arrays(tmp_path / "a.npz", {"words": np.array(["a", "bc"], dtype=object)})
    assert read_arrays(tmp_path / "a.npz")["words"].tolist() == ["a", "bc"]


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([{}], dtype=object))
    with pytest.raises(OSError, match=r"not a readable \.npz"):
        read_arrays(tmp_path / "a.npz")
