"""Streams of scenes: what is right of late answers by each scene, and when no answer tells scenes apart."""

import numpy as np
from msgspec.structs import replace

from gapprof.digest.qoe import answer_sentences
from tests.unit.facts.felt import SCENES, answers_of, by_rate, scenes


def test_a_stream_of_scenes_by_hand() -> None:
    """A scene stands still for 30 frames, which every stated rate divides: each begins with a new answer."""
    found = answers_of(scenes((0, 1, 2, 3)))
    assert (found.scenes, found.stream_frames, found.classes, found.nearest_scenes) == (4, 1200, 4, 4)
    rows = by_rate(found)
    for rate in (30.0, 15.0, 10.0, 5.0, 2.0, 1.0):
        assert rows[rate].accuracy == 1.0
        nearest = rows[rate].nearest
        assert nearest is not None
        assert (nearest.point, nearest.rounds) == (1.0, SCENES)


def test_an_answer_that_is_half_a_scene_late_is_wrong_for_half_of_it() -> None:
    """Natively 10 ms; in the page 80 ms, that is 2.4 frames: a scene is seen with an old answer at first."""
    found = answers_of(scenes((0, 1, 2, 3)))
    rows = {row.who: row for row in found.late}
    assert rows["native"].accuracy == 1.0
    shown = rows["web"].nearest
    assert shown is not None
    # The newest frame is taken when the model is free, which is 0 to 2.4 frames into the scene, and its
    # answer is there 2.4 frames later: 2 to 4 of 30 frames are wrong.
    assert 1 - 4 / 30 <= shown.point <= 1 - 2 / 30
    assert shown.low <= shown.point <= shown.high


def test_intervals_are_over_scenes_and_rates_are_in_order_within_them() -> None:
    random = np.random.default_rng(5)
    still = random.integers(10, 50, (12, 12))
    told = scenes(tuple(range(12)))
    order = tuple(n for lap in still for n, frames in enumerate(lap) for _ in range(frames))
    rows = by_rate(answers_of(replace(told, order=order)))
    found = [rows[rate].nearest for rate in sorted(rows, reverse=True)]
    points = [one.point for one in found if one is not None]
    assert len(points) == len(rows) == 6
    assert points == sorted(points, reverse=True)
    assert points[0] == 1.0 > points[-1]
    assert all(one is not None and one.rounds == 12 for one in found)
    assert found[-1] is not None
    assert 0.02 < found[-1].high - found[-1].low < 0.2


def test_where_no_output_has_classes_the_nearest_scene_says_what_is_right() -> None:
    told = scenes((0, 1, 2, 3), output="")
    bare = tuple(replace(one, native_top=(), web_top=()) for one in told.answers)
    wrong = replace(bare[3], web_nearest=0)
    found = answers_of(replace(told, answers=(*bare[:3], wrong)))
    assert (found.top1, found.nearest, found.nearest_scenes) == (None, 0.75, 4)
    at_once = by_rate(found)[30.0]
    assert at_once.nearest is not None
    assert (at_once.accuracy, at_once.nearest.point) == (None, 0.75)
    said = " ".join(answer_sentences(found))
    assert "Where no output has classes" in said
    assert "75 % of the page's are, told apart among 4 scenes" in said
    assert "Right (by the nearest scene) at so many answers a second" in said
    assert "by first class" not in said


def test_where_all_have_one_class_the_nearest_scene_is_the_figure_that_says_something() -> None:
    found = answers_of(scenes((7, 7, 7, 7)))
    said = " ".join(answer_sentences(found))
    assert (found.classes, found.nearest) == (1, 1.0)
    assert "top-1 is vacuous here" in said
    assert "Right (by the nearest scene) at so many answers a second" in said
    assert "(by first class)" not in said


def test_answers_that_tell_no_scenes_apart_are_no_figure_either() -> None:
    told = scenes((7, 7, 7, 7))
    alike = tuple(replace(one, native_nearest=0, web_nearest=0) for one in told.answers)
    said = " ".join(answer_sentences(answers_of(replace(told, answers=alike))))
    assert "says nothing either" in said
    assert "Right (" not in said
