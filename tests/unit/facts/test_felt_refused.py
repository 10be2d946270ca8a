"""Pages that nobody can have felt so, and streams that nobody can have answered so."""

import pytest
from msgspec.structs import replace

from gapprof.records.impossible import impossible
from gapprof.records.recording import Entry
from tests.unit.facts.felt import answered, scenes, trial


@pytest.mark.parametrize(
    "entry",
    [
        scenes((0, 1), order=(0, 2)),
        scenes((0, 1), labels=(1,)),
        scenes((0, 1), frames_per_s=0.0),
        scenes((0, 1), web_runs_ms=(-1.0,)),
        replace(scenes((0, 1)), answers=(replace(scenes((0,)).answers[0], web_nearest=5),)),
        replace(scenes((0, 1)), answers=(replace(scenes((0,)).answers[0], scene=1),), order=(0,)),
        replace(scenes((0,)), answers=(replace(scenes((0,)).answers[0], cosine=1.5),)),
        trial("main", 0, frames_ms=(-1.0,)),
        trial("main", 0, duty=1.5),
        trial("main", 0, runs_over_ms=-1.0),
        trial("main", 0, runs_ms=(5.0,) * 300, runs_over_ms=1000.0),
        trial("main", 0, step_runs_ms=(5.0,), step_runs_over_ms=0.0),
        trial("main", 0, step_runs_ms=(-5.0,), step_runs_over_ms=10.0),
        trial("main", 0, video_ms=-1.0),
        trial("main", 0, components_ms={"table": (float("inf"),)}),
    ],
)
def test_what_nobody_can_have_felt_or_been_answered_is_refused(entry: Entry) -> None:
    assert impossible(entry) != ""


def test_what_can_be_is_not() -> None:
    assert impossible(scenes((0, 1))) == impossible(answered((0, 1))) == impossible(trial("main", 0)) == ""
    whole = {"runs_ms": (5.0,) * 200, "runs_over_ms": 1000.0, "step_runs_over_ms": 700.0}
    assert impossible(trial("main", 0, **whole)) == ""
