from itertools import pairwise

import numpy as np
import pytest

from gapprof.qoe.answers import compared, cosine
from gapprof.qoe.stream import LEAST_FRAMES, MOST_FRAMES, TURN, stream

ONE = {"x": np.zeros((4, 50), np.float32), "ids": np.zeros(1000, np.int64)}
OTHER = {"x": np.ones((4, 50), np.float32), "ids": np.ones(1000, np.int64)}


def test_a_stream_turns_into_the_other_input_and_back() -> None:
    frames = stream(ONE, OTHER, seed=0)
    shares = [float(frame["ids"].mean()) for frame in frames]
    assert len(frames) == MOST_FRAMES
    assert shares[0] == 0.0
    assert shares[TURN] == 1.0
    assert shares[TURN // 2] == pytest.approx(0.5, abs=0.05)
    assert all(a <= b for a, b in pairwise(shares[: TURN + 1]))
    assert all(a >= b for a, b in pairwise(shares[TURN : 2 * TURN + 1]))


def test_neighbours_are_alike_and_types_stay() -> None:
    frames = stream(ONE, OTHER, seed=0)
    assert all(frame["x"].dtype == np.float32 and frame["ids"].dtype == np.int64 for frame in frames)
    steps = [float(np.abs(a["ids"] - b["ids"]).mean()) for a, b in pairwise(frames)]
    assert max(steps) < 0.2


def test_mixed_noise_keeps_its_variance() -> None:
    random = np.random.default_rng(1)
    one, other = ({"x": random.standard_normal(20_000).astype(np.float32)} for _ in range(2))
    for frame in stream(one, other, seed=0):
        assert float(frame["x"].std()) == pytest.approx(1.0, abs=0.03)


def test_large_inputs_make_a_short_stream() -> None:
    large = {"x": np.zeros(30 << 20, np.uint8)}
    assert len(stream(large, large, seed=0)) == LEAST_FRAMES


def test_answers_are_compared_by_difference_angle_and_rank() -> None:
    native = {"y": np.array([[0.0, 1.0, 4.0, 2.0]], np.float32), "state": np.ones(3, np.float32)}
    web = {"y": np.array([[0.0, 3.0, 2.0, 1.0]], np.float32), "state": np.ones(3, np.float32)}
    found = compared(native, web, "y")
    assert found.max_abs_difference == 2.0
    assert found.max_relative_difference == 0.5
    assert found.cosine == pytest.approx((3 + 8 + 2) / np.sqrt(21 * 14))
    assert found.native_top == (2, 3, 1, 0)
    assert found.web_top == (1, 2, 3, 0)


def test_two_silent_outputs_point_the_same_way() -> None:
    assert cosine(np.zeros(3), np.zeros(3)) == 1.0
    assert cosine(np.zeros(3), np.ones(3)) == 0.0
