"""Which scene an answer is about, by hand."""

import numpy as np
from numpy.typing import NDArray

from gapprof.qoe.nearest import nearest


def y(*values: float) -> dict[str, NDArray[np.float32]]:
    return {"y": np.array([values], np.float32)}


SCENES = [y(10.0, 10.0, 11.0), y(10.0, 11.0, 10.0), y(11.0, 10.0, 10.0)]
"""What they have in common is ten times what tells them apart: their cosines are all above 0.99."""


def test_each_scene_is_nearest_to_itself_whatever_all_have_in_common() -> None:
    assert nearest(SCENES, SCENES) == [0, 1, 2]


def test_a_case_by_hand() -> None:
    """The mean of all scenes is (31/3, 31/3, 31/3); from it, the first answer is (-0.2, -0.1, 0.3) off."""
    answers = [y(10.133, 10.233, 10.633), y(10.0, 10.9, 10.2), y(12.0, 10.0, 10.0)]
    assert nearest(answers, SCENES) == [0, 1, 2]


def test_outputs_count_alike_whatever_their_scale() -> None:
    """The second output is a thousand times as large, and knows as little of the third answer."""
    scenes = [{**one, "z": np.array([1e4 * n, -1e4 * n])} for n, one in enumerate(SCENES)]
    mixed = {**SCENES[0], "z": np.array([0.9e4, -0.9e4])}
    assert nearest([mixed], scenes) == [0]


def test_an_output_of_changing_shape_is_left_out() -> None:
    """A detector's, which finds now more and now less."""
    found = [{**one, "boxes": np.zeros((n, 4))} for n, one in enumerate(SCENES)]
    assert nearest(found, found) == [0, 1, 2]
    assert (
        nearest([{"boxes": one["boxes"]} for one in found], [{"boxes": one["boxes"]} for one in found])
        is None
    )


def test_a_model_that_answers_everything_alike_is_near_to_nothing() -> None:
    assert nearest([y(1.0, 2.0)] * 3, [y(1.0, 2.0)] * 2) is None


def test_large_answers_are_laid_beside_each_other_piece_by_piece() -> None:
    random = np.random.default_rng(0)
    scenes = [{"y": random.standard_normal((3, 20_000))} for _ in range(4)]
    answers = [{"y": one["y"] + 0.5 * random.standard_normal((3, 20_000))} for one in reversed(scenes)]
    assert nearest(answers, scenes) == [3, 2, 1, 0]


def test_what_is_no_number_says_nothing() -> None:
    beside = [{**one, "z": np.array([np.nan, np.inf])} for one in SCENES]
    assert nearest(beside, beside) == [0, 1, 2]
