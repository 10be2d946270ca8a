"""What the stage is given, and what it says where it cannot measure."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from gapprof.guard import Guard
from gapprof.qoe.stage import feeling, stream_of
from gapprof.qoe.stream import SCENES, TURN, Stream
from gapprof.records.settings import Settings
from gapprof.subject import npz
from tests.unit.measure.extras import notes, preflight, subject


def test_without_a_browser_the_stage_says_so_and_the_run_goes_on(tmp_path: Path) -> None:
    settings = Settings(qoe=True, browser=str(tmp_path / "nowhere"))
    with Guard() as guard:
        extra = feeling(settings, guard=guard, scratch=tmp_path)
        (told,) = notes(extra, preflight(), subject(tmp_path), tmp_path)
    assert told.startswith("--qoe broke off: ")
    assert "nowhere" in told


def streamed(folder: Path, *, count: int, given: bool, run_ms: float) -> tuple[Stream, list[str]]:
    """The stream of so many scenes, each of its own number, and what is noted of it."""
    paths = tuple(folder / f"{number}.npz" for number in range(count))
    for number, path in enumerate(paths):
        npz.save(path, {"x": np.full((1, 4), number, np.float32)})
    about = dataclasses.replace(subject(folder), scenes=paths, scenes_given=given)
    found: list[Stream] = []
    said = notes(
        lambda beyond: found.append(stream_of(beyond, Settings(), run_ms)), preflight(), about, folder
    )
    return found[0], said


def test_seeded_scenes_turn_into_one_another(tmp_path: Path) -> None:
    found, said = streamed(tmp_path, count=SCENES, given=False, run_ms=10.0)
    assert (len(found.frames), len(found.still), said) == (SCENES * TURN, SCENES, [])


def test_a_slow_model_answers_fewer_different_frames(tmp_path: Path) -> None:
    """There is time for 15 runs: for each scene, and for none between them."""
    found, said = streamed(tmp_path, count=SCENES, given=False, run_ms=4000.0)
    assert (len(found.frames), len(found.still), said) == (SCENES, SCENES, [])


def test_given_inputs_are_all_of_them_and_nothing_between(tmp_path: Path) -> None:
    found, said = streamed(tmp_path, count=30, given=True, run_ms=10.0)
    assert [float(frame["x"][0, 0]) for frame in found.frames] == list(range(30))
    assert said == []


@pytest.mark.parametrize(("run_ms", "fitting"), [(6000.0, 10), (1e9, 2)])
def test_given_inputs_beyond_what_time_allows_are_left_out_and_that_is_said(
    tmp_path: Path, run_ms: float, fitting: int
) -> None:
    found, said = streamed(tmp_path, count=30, given=True, run_ms=run_ms)
    assert len(found.frames) == fitting
    assert said == [f"--qoe answers the first {fitting} of the 30 inputs: more take too long"]
