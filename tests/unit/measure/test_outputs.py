"""Outputs are compared before times count: by value, by shape, by the places of NaN."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gapprof.measure.outputs import compare
from gapprof.records.trial import OutputCheck


def checked(tmp_path: Path, found: dict[str, Any], wanted: dict[str, Any]) -> tuple[OutputCheck, ...]:
    np.savez(tmp_path / "found.npz", **found)
    np.savez(tmp_path / "wanted.npz", **wanted)
    return compare("web", tmp_path / "found.npz", "native-128", tmp_path / "wanted.npz")


def test_equal_outputs_are_exact(tmp_path: Path) -> None:
    y = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
    (check,) = checked(tmp_path, {"y": y}, {"y": y})
    assert check.exact
    assert check.max_abs_difference == 0
    assert check.argmax_same


def test_the_largest_difference_is_found_and_the_top_class_compared(tmp_path: Path) -> None:
    y = np.array([[0.1, 0.9]], np.float32)
    (check,) = checked(tmp_path, {"y": y[:, ::-1].copy()}, {"y": y})
    assert check.max_abs_difference == pytest.approx(0.8)
    assert check.argmax_same is False


@pytest.mark.parametrize(
    ("found", "wanted", "cosine"),
    [
        (np.array([3.0, 4.0]), np.array([4.0, 3.0]), 0.96),
        (np.array([2.0, 2.0]), np.array([1.0, 1.0]), 1.0),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), 1.0),
        (np.full(2, np.nan), np.array([1.0, 2.0]), None),
        (np.array([1.0, np.inf]), np.array([1.0, 2.0]), None),
        (np.full(2, np.nan), np.full(2, np.nan), None),
        (np.array([1, 2]), np.array([2, 1]), None),
        (np.zeros(3), np.zeros(2), None),
    ],
    ids=["turned", "longer", "no-number", "lost", "too-large", "none-left", "integers", "another-shape"],
)
def test_the_angle_between_both_is_known_where_they_are_vectors(
    tmp_path: Path, found: Any, wanted: Any, cosine: float | None
) -> None:
    (check,) = checked(tmp_path, {"y": found}, {"y": wanted})
    assert check.cosine == (None if cosine is None else pytest.approx(cosine))


def test_nan_in_the_same_places_agrees_and_elsewhere_does_not(tmp_path: Path) -> None:
    y = np.array([1.0, np.nan, 3.0], np.float32)
    (same,) = checked(tmp_path, {"y": y}, {"y": y})
    (other,) = checked(tmp_path, {"y": y[::-1].copy() * np.array([np.nan, 1, 1])}, {"y": y})
    assert same.same_nan_positions
    assert same.nan_count == 1
    assert not other.same_nan_positions


def test_infinities_of_the_wrong_sign_do_not_agree(tmp_path: Path) -> None:
    (check,) = checked(tmp_path, {"y": np.array([-np.inf])}, {"y": np.array([np.inf])})
    assert not check.same_nan_positions


def test_large_integers_are_compared_exactly(tmp_path: Path) -> None:
    (check,) = checked(tmp_path, {"y": np.array([2**60 + 1])}, {"y": np.array([2**60])})
    assert not check.exact


@pytest.mark.parametrize("found", [{"y": np.zeros(3)}, {"z": np.zeros(2)}])
def test_a_missing_or_misshapen_output_is_another_shape(tmp_path: Path, found: dict[str, Any]) -> None:
    (check,) = checked(tmp_path, found, {"y": np.zeros(2)})
    assert not check.same_shape


def test_an_empty_output_agrees_with_an_empty_one(tmp_path: Path) -> None:
    (check,) = checked(tmp_path, {"y": np.zeros((0, 4))}, {"y": np.zeros((0, 4))})
    assert check.same_shape
    assert check.exact
