"""What was planted in front of the library on the GPU, in recordings of our own, is found under its name."""

from statistics import fmean

import pytest

from gapprof.errors import ExitCode
from gapprof.facts.gpu_runs import GPU_PARTS, REPLAY_WEB, part_shares
from gapprof.pipeline import analysed
from gapprof.records.calls import RecordedCalls
from gapprof.records.parting import Parting
from gapprof.records.recording import Recording
from gapprof.records.report import with_descendants
from gapprof.records.trial import Trial
from gapprof.stats.interval import t_interval
from tests.scenarios.reading import case, cause, check, child, factor, report, row, text, told

STALLED, COMPILING, WRONG = "gpu-stall", "gpu-anew", "gpu-wrong"
TINY, BURNING = "gpu-tiny", "gpu-busy-page"
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


def test_s15_a_shader_that_computes_something_else_ends_the_run_with_the_node_at_fault() -> None:
    """Whose replays give what was recorded all the same: it is the page that is wrong."""
    outcome = analysed(recording_of(WRONG))
    found = outcome.report
    assert (found.status, outcome.code) == ("outputs-differ", ExitCode.OUTPUTS_DIFFER)
    assert check(found, "outputs").status == "fail"
    (parting,) = recording_of(WRONG).of(Parting)
    assert (parting.why, parting.healed) == ("", False)
    apart = found.outputs_apart
    assert apart is not None
    assert (apart.node, apart.op_type) == ("/link5/Sin", "Sin")
    assert apart.cosine is not None
    assert apart.cosine < 0.9
    assert f"(float32, cosine {apart.cosine:.4f}); they part first at /link5/Sin (Sin)" in found.headline
    assert "what it is given agrees with native-cpu's" in found.headline
    assert "the times do not compare" in found.headline
    replays = [one for one in recording_of(WRONG).of(Trial) if one.parts is not None]
    assert {one.rung for one in replays} == {"replay-native-unsafe", "replay-native", "replay-web"}
    assert all(one.parts is not None and one.parts.control_differing_bytes > 0 for one in replays)
    assert {one.rung for one in replays} <= {row.id for row in found.rungs if row.latency_ms is not None}


def test_a_thousand_tiny_dispatches_are_bound_by_how_many_they_are() -> None:
    found = report(f"scenarios/{TINY}")
    (calls,) = recording_of(TINY).of(RecordedCalls)
    assert calls.summary.runs[-1].dispatches == 1000
    (bound,) = (one for one in row(found, "submission").evidence if one.kind == "dispatch-bound")
    assert "making the commands of its 1000 dispatches, and is bound by how many they are" in bound.text
    assert bound.text in text(found)
    assert bound.value is not None, "in the browser as well"
    shares = {part: part_shares(case(f"scenarios/{TINY}"), REPLAY_WEB, part) for part in GPU_PARTS}
    making = shares["submission"]
    assert bound.value == pytest.approx(fmean(making.values()))
    for other in ("upload", "read-back"):
        more = t_interval([share - shares[other][number] for number, share in making.items()])
        assert more.rounds > 2
        assert more.low > 0, f"making them takes more of a run than {other}"
    costs = {one.id for one in with_descendants(found.causes) if one.verdict == "costs"}
    assert not costs & {"upload", "read-back", "contention"}
    for absent in ("not-on-gpu", "pipelines-made-anew"):
        assert row(found, absent).verdict == "not-applicable"


def test_a_page_that_holds_the_main_thread_is_told_of_a_model_on_the_gpu_as_well() -> None:
    found = report(f"scenarios/{BURNING}")
    assert found.settings.page == "burning.html"
    page = child(found, "contention", "page")
    assert cause(found, "contention").verdict == page.verdict == "costs"
    assert page.factor is not None
    assert page.factor.low > 1
    parts = {one.id: one for one in page.children}
    work = parts["main-thread-work"]
    assert work.verdict == "costs", work.why
    own = [parts[name] for name in ("main-thread-work", "gc", "browser-threads")]
    assert max(own, key=factor) is work, "software loses cores to the page besides"
    assert any("planted (page/burning.html:" in one.text for one in work.evidence)
