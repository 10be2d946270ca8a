from itertools import pairwise

import numpy as np
import pytest

from gapprof.facts.staleness import every
from gapprof.measure.outputs import cosine
from gapprof.qoe.answers import compared
from gapprof.qoe.stream import (
    FRAMES_PER_S,
    LEAST_SCENES,
    SCENES,
    STILL,
    STREAM_FRAMES,
    TURN,
    Arrays,
    Stream,
    cutting,
    room,
    turning,
)

ROOMY = 10_000


def scene(number: int) -> Arrays:
    random = np.random.default_rng(number)
    return {"x": random.standard_normal(20_000).astype(np.float32), "ids": np.full(1000, number, np.int64)}


ALL = [scene(number) for number in range(SCENES)]


@pytest.fixture(scope="module")
def stream() -> Stream:
    return turning(ALL, frames=ROOMY, seed=0)


def test_every_scene_stands_still_and_turns_into_the_next(stream: Stream) -> None:
    assert len(stream.frames) == SCENES * TURN
    for number, still in enumerate(stream.still):
        assert stream.frames[still] is ALL[number]
        following = (number + 1) % SCENES
        shares = [float((stream.frames[still + step]["ids"] == following).mean()) for step in range(TURN)]
        assert shares == pytest.approx([step / TURN for step in range(TURN)], abs=0.05)
        assert [stream.scenes[still + step] for step in range(TURN)] == [
            number if step < TURN / 2 else following for step in range(TURN)
        ]


def test_a_stream_is_minutes_long_and_keeps_no_step_with_any_rate(stream: Stream) -> None:
    assert len(stream.order) >= STREAM_FRAMES
    turns = [frame for frame, (a, b) in enumerate(pairwise(stream.order)) if a in stream.still and b != a]
    assert set(stream.order) == set(range(len(stream.frames)))
    for rate in (10.0, 5.0, 2.0, 1.0):
        step = int(FRAMES_PER_S / rate)
        found = {frame % step for frame in turns}
        assert found == set(range(step)), "turns begin anywhere between two answers"


def test_no_scene_comes_back_while_an_answer_to_it_may_still_be_seen(stream: Stream) -> None:
    oldest = max(frame - seen for frame, seen in enumerate(every(1.0, frames=600, frames_per_s=30)) if seen)
    assert oldest < (LEAST_SCENES * 2) * STILL[0] < (SCENES - 1) * STILL[0]


def test_mixed_noise_keeps_its_variance_and_types_stay(stream: Stream) -> None:
    for frame in stream.frames:
        assert float(frame["x"].std()) == pytest.approx(1.0, abs=0.03)
        assert (frame["x"].dtype, frame["ids"].dtype) == (np.float32, np.int64)


def test_what_two_scenes_share_is_in_all_frames_between_them() -> None:
    """A mask of ones that comes as real numbers, for one."""
    masked = [{"mask": np.ones(8, np.float32)} for _ in range(3)]
    assert all((frame["mask"] == 1).all() for frame in turning(masked, frames=ROOMY, seed=0).frames)


def test_where_there_is_little_room_turns_go_first_and_then_scenes() -> None:
    assert len(turning(ALL, frames=3 * SCENES, seed=0).frames) == 3 * SCENES
    assert len(turning(ALL, frames=SCENES, seed=0).frames) == SCENES
    few = turning(ALL, frames=5, seed=0)
    assert (len(few.frames), few.still) == (5, (0, 1, 2, 3, 4))
    assert len(turning(ALL, frames=1, seed=0).frames) == LEAST_SCENES


def test_room_is_bound_by_bytes_and_by_time() -> None:
    assert room(1 << 20, 64 << 20, run_ms=1.0, most_ms=1e6) == 64
    assert room(1, 64 << 20, run_ms=1000.0, most_ms=60e3) == 60
    assert room(1 << 30, 64 << 20, run_ms=1.0, most_ms=60e3) == LEAST_SCENES
    assert room(0, 64 << 20, run_ms=0.0, most_ms=60e3) > ROOMY


def test_given_inputs_follow_one_another_as_they_are() -> None:
    found = cutting(ALL[:3], seed=0)
    assert all(frame is own for frame, own in zip(found.frames, ALL[:3], strict=True))
    assert found.scenes == found.still == (0, 1, 2)
    assert all(b in (a, (a + 1) % 3) for a, b in pairwise(found.order))
    assert len(found.order) >= STREAM_FRAMES


def test_another_seed_is_another_stream_and_the_same_seed_the_same() -> None:
    orders = [cutting(ALL, seed=seed).order for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]


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
