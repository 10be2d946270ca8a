import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gapprof.errors import WrongUse
from gapprof.records.model import TensorSpec
from gapprof.subject import limits, npz

SPECS = (
    TensorSpec(name="a/b:0", dtype="float32", shape=(2, 3)),
    TensorSpec(name="ids", dtype="int64", shape=(1,)),
)
FITTING = {"ids": np.array([7]), "a/b:0": np.ones((2, 3), np.float32)}


def test_what_was_saved_is_read_back_whatever_the_names(tmp_path: Path) -> None:
    arrays = {"gpu_0/x:0": np.arange(3), "näme\x1b[31m <b>": np.array(1.5, np.float16), "x.npy": np.ones(0)}
    npz.save(tmp_path / "a.npz", arrays)
    back = npz.read(tmp_path / "a.npz", hint="")
    assert list(back) == list(arrays)
    assert all(np.array_equal(back[name], arrays[name]) for name in arrays)


def test_the_same_arrays_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        npz.save(tmp_path / name, FITTING)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_model_without_inputs_is_fed_an_empty_archive(tmp_path: Path) -> None:
    npz.save(tmp_path / "a.npz", {})
    assert npz.read(tmp_path / "a.npz", hint="") == {}


def test_fitting_arrays_come_in_the_order_of_the_inputs_and_in_row_order() -> None:
    turned = {**FITTING, "a/b:0": np.ones((3, 2), np.float32).T}
    matched = npz.matching(turned, SPECS, source="f.npz")
    assert list(matched) == ["a/b:0", "ids"]
    assert matched["a/b:0"].flags["C_CONTIGUOUS"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ids": None}, "nothing for the input 'ids'"),
        ({"ids": np.array([7.0])}, "'ids' is float64, the model takes int64"),
        ({"ids": np.array([7, 8])}, r"'ids' has shape \[2\], the model takes \[1\]"),
        ({"ids": np.array(7)}, r"'ids' has shape \[\], the model takes \[1\]"),
        ({"ids": np.array([7], ">i8")}, "'ids' is >i8, the model takes int64"),
    ],
)
def test_what_does_not_fit_is_refused_with_exact_expectations(
    change: dict[str, np.ndarray], said: str
) -> None:
    arrays = {name: array for name, array in {**FITTING, **change}.items() if array is not None}
    with pytest.raises(WrongUse, match=said) as caught:
        npz.matching(arrays, SPECS, source="f.npz")
    assert "a/b:0: float32 [2, 3]; ids: int64 [1]" in caught.value.hint


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([{"a": 1}], dtype=object))
    with pytest.raises(WrongUse, match="'x' cannot be read"):
        npz.read(tmp_path / "a.npz", hint="")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 but no archive", b"\x80\x04pickle"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(WrongUse, match=r"a\.npz is not an \.npz file"):
        npz.read(tmp_path / "a.npz", hint="")


def test_a_bare_array_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones(3))
    with pytest.raises(WrongUse, match="one bare array"):
        npz.read(tmp_path / "a.npy", hint="")


@pytest.mark.parametrize("path", ["missing.npz", "."])
def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(WrongUse, match="there is no file"):
        npz.read(tmp_path / path, hint="")


def test_a_member_that_is_no_array_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("readme.txt", "no array")
    with pytest.raises(WrongUse, match=r"'readme\.txt' is no array"):
        npz.read(tmp_path / "a.npz", hint="")


def test_an_array_cut_off_inside_the_archive_is_refused(tmp_path: Path) -> None:
    whole = io.BytesIO()
    np.save(whole, np.ones(100))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", whole.getvalue()[:200])
    with pytest.raises(WrongUse, match="'x' cannot be read"):
        npz.read(tmp_path / "a.npz", hint="")


def test_an_archive_that_would_unpack_beyond_the_limit_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INPUT_BYTES", 1000)
    np.savez_compressed(tmp_path / "bomb.npz", x=np.zeros(10_000))
    with pytest.raises(WrongUse, match="unpacks to more than"):
        npz.read(tmp_path / "bomb.npz", hint="")


def rewritten(path: Path, *, place: int, value: int) -> None:
    """A field of two bytes of the one entry, which stands two bytes later in the archive's listing."""
    data = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", place), (b"PK\x01\x02", place + 2)):
        begin = data.index(signature) + at
        data[begin : begin + 2] = value.to_bytes(2, "little")
    path.write_bytes(data)


@pytest.mark.parametrize(("place", "value"), [(8, 97), (6, 1)], ids=["unknown compression", "encrypted"])
def test_an_entry_that_zipfile_cannot_open_is_refused(tmp_path: Path, place: int, value: int) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.ones(3))
    rewritten(path, place=place, value=value)
    with pytest.raises(WrongUse, match="'x' cannot be read"):
        npz.read(path, hint="")
