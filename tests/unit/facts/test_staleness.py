"""What a frame is seen with, against cases that were worked out by hand."""

import pytest

from gapprof.facts.staleness import accuracy, accuracy_by, every, shown_answers


def test_a_run_within_one_frame_is_never_late() -> None:
    assert shown_answers([30.0], frames=5, frames_per_s=30) == [0, 1, 2, 3, 4]


def test_a_case_by_hand() -> None:
    """10 frames a second, 100 ms each; a run takes 250 ms.

    Frame 0 is taken at 0 and answered at 250. The newest frame then is 2, answered at 500; then 5, at 750;
    then 7, at 1000. Frames 0 and 1 are over before there is any answer (100 and 200 ms); frame 2 is over at
    300 and seen with answer 0, as are 3 and the first half of 4, which at its end (500) has answer 2.
    """
    shown = shown_answers([250.0], frames=8, frames_per_s=10)
    assert shown == [None, None, 0, 0, 2, 2, 2, 5]
    truth = [1, 1, 1, 2, 2, 2, 3, 3]
    # Answers are right in themselves: frame 2 has 1 (right), 3 has 1 (2 is right), 4 and 5 have truth[2] = 1,
    # 6 has it too, 7 has truth[5] = 2. One of six is right.
    assert accuracy(shown, truth, truth) == pytest.approx(1 / 6)


def test_runs_of_different_length_come_in_their_order() -> None:
    """20 ms a frame. Frame 0 is there at 10; 1 is waited for until 20, and there at 80, as frame 4 begins."""
    assert shown_answers([10.0, 60.0], frames=6, frames_per_s=50) == [0, 0, 0, 1, 4, 4]


def test_a_rate_cut_down_reuses_each_answer_for_the_frames_between() -> None:
    assert every(30, frames=6, frames_per_s=30) == [0, 1, 2, 3, 4, 5]
    assert every(10, frames=7, frames_per_s=30) == [0, 0, 0, 3, 3, 3, 6]
    assert every(20, frames=6, frames_per_s=30) == [0, 0, 1, 3, 3, 4]


def test_answers_that_are_wrong_in_themselves_count_as_wrong() -> None:
    assert accuracy([0, 1, 2, 3], [7, 1, 2, 7], [0, 1, 2, 3]) == 0.5


def test_without_an_answer_in_time_there_is_no_accuracy() -> None:
    shown = shown_answers([1000.0], frames=4, frames_per_s=30)
    assert shown == [None] * 4
    assert accuracy(shown, [0] * 4, [0] * 4) is None


def test_accuracy_by_groups_is_of_the_frames_of_each() -> None:
    """Scene 4 is seen with its own answer once of two times; scene 7 never; scene 9 with none at all."""
    shown = [0, 0, 1, 1, None]
    assert accuracy_by([4, 4, 7, 7, 9], shown, [1, 2, 0, 0, 0], [1, 0, 1, 1, 5]) == {4: 0.5, 7: 0.0}


@pytest.mark.parametrize("latencies_ms", [[], [0.0], [5.0, -1.0]])
def test_a_run_takes_some_time(latencies_ms: list[float]) -> None:
    with pytest.raises(ValueError, match="takes some time"):
        shown_answers(latencies_ms, frames=4, frames_per_s=30)
