"""What was planted in front of the library on the GPU, in recordings of our own, is found under its name."""

from gapprof.records.calls import RecordedCalls
from gapprof.records.recording import Recording
from gapprof.records.trial import Trial
from tests.scenarios.reading import case, report, row, text, told

STALLED, COMPILING = "gpu-stall", "gpu-anew"
STALL_MS = 50.0


def recording_of(name: str) -> Recording:
    return case(f"scenarios/{name}").recording


def test_a_main_thread_that_stands_still_between_submits_is_a_gap_and_nothing_else_of_the_library_s() -> None:
    found = report(f"scenarios/{STALLED}")
    courses = [
        course
        for one in recording_of(STALLED).of(Trial)
        if one.rung == "web-session"
        for course in one.courses
    ]
    assert courses
    assert all(one.between_ms >= one.largest_ms >= STALL_MS for one in courses)
    work = row(found, "library-work")
    assert [one.id for one in work.children if one.verdict == "costs"] == ["submission-gaps"]
    gaps = row(found, "submission-gaps")
    assert gaps.factor is not None
    assert gaps.factor.low > 1
    sentence = told(work, "at one stretch for").text
    assert sentence in text(found)
    assert any("free between submits" in one.text for one in found.actions)
    assert row(found, "pipelines-made-anew").verdict == "not-applicable"
    assert row(found, "not-on-gpu").verdict == "not-applicable"


def test_pipelines_that_every_run_makes_anew_are_counted_and_cost() -> None:
    found = report(f"scenarios/{COMPILING}")
    (calls,) = recording_of(COMPILING).of(RecordedCalls)
    run = calls.summary.runs[-1]
    assert run.labels == ("anew",)
    assert run.pipelines == run.submits > 1
    made = row(found, "pipelines-made-anew")
    assert made.verdict == "costs", made.why
    assert made.factor is not None
    assert made.factor.low > 1
    sentence = told(made, f"Every run makes {run.pipelines} pipelines anew: anew").text
    assert sentence in text(found)
    assert row(found, "library-work").verdict == "unclear", "a replay compiles as the page did"
    assert row(found, "not-on-gpu").verdict == "not-applicable"


def test_compiling_beside_the_page_s_thread_is_no_submission_and_a_build_that_keeps_pipelines_helps() -> None:
    found = report(f"scenarios/{COMPILING}")
    (calls,) = recording_of(COMPILING).of(RecordedCalls)
    submission, pipelines = row(found, "submission"), row(found, "pipelines")
    assert submission.verdict == "unclear", submission.factor
    assert pipelines.factor is not None
    made = told(row(found, "pipelines-made-anew"), "a replayed run is shorter by")
    held_up = told(row(found, "pipelines-made-anew"), "The thread that asks for pipelines is held up")
    assert made.value is not None
    assert held_up.value is not None
    assert made.value > 10 * held_up.value, "the page's thread goes on while another process compiles"
    (action,) = (one for one in found.actions if "that keeps pipelines" in one.text)
    assert f"every run makes {calls.summary.runs[-1].pipelines} anew" in action.text
    assert action.then_ms.high < action.now_ms.point / 2
    assert "the best change open to you would win back" in found.headline
