"""Parts of runs on the GPU: each planted alone, found under its name, and nowhere else."""

import math

import pytest
from msgspec.structs import replace

from gapprof.explain.report import build
from gapprof.records.codec import encode_entry
from gapprof.records.gpu import PlacedNode
from gapprof.records.impossible import impossible
from gapprof.records.report import CauseRow, Report, with_descendants
from gapprof.records.surface import Surface
from gapprof.records.trial import Trial
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.truth.gpu_parts import Planted, Runs, recording_of

GPU, CPU = "WebGpuExecutionProvider", "CPUExecutionProvider"
DET = (
    PlacedNode(name="before", op_type="Neg", provider=GPU),
    PlacedNode(name="copy", op_type="MemcpyToHost", provider=GPU),
    PlacedNode(name="alone", op_type="Det", provider=CPU),
    PlacedNode(name="back", op_type="MemcpyFromHost", provider=GPU),
    PlacedNode(name="after", op_type="Neg", provider=GPU),
)
BOUNDARY = ("upload", "submission", "read-back")


def report_of(runs: Runs) -> Report:
    return build(recording_of(runs))


def row(report: Report, name: str) -> CauseRow:
    return next(one for one in with_descendants(report.causes) if one.id == name)


def names(report: Report) -> set[str]:
    return {one.id for one in with_descendants(report.causes)}


def ln(one: CauseRow) -> float:
    assert one.factor is not None, one.why
    return math.log(one.factor.point)


def said(one: CauseRow) -> str:
    return " ".join(evidence.text for evidence in one.evidence)


def test_every_part_of_the_way_through_the_browser_is_found_and_they_add_up() -> None:
    web = Planted(upload_ms=1.25, submission_ms=3.5, read_back_ms=0.75)
    report = report_of(Runs(by_rung={"replay-web": web}))
    boundary = row(report, "browser-boundary")
    assert [one.id for one in boundary.children] == [*BOUNDARY, "same-work"]
    per_ms = math.log(1.6) / 6.0
    for name, ms in {"upload": 1.0, "submission": 3.0, "read-back": 0.5, "same-work": 1.5}.items():
        assert ln(row(report, name)) == pytest.approx(ms * per_ms, abs=0.01), name
    assert sum(map(ln, boundary.children)) == pytest.approx(ln(boundary), abs=1e-9)
    assert row(report, "submission").verdict == "costs"
    assert "a replayed run is shorter by 3.5" in said(row(report, "submission"))


def test_a_part_whose_interval_holds_0_is_told_as_no_difference() -> None:
    report = report_of(Runs(by_rung={"replay-web": Planted(upload_ms=0.0, submission_ms=0.0)}))
    submission, _ = row(report, "submission").evidence
    assert submission.text == (
        "With all commands made before it begins, no difference was seen whose interval does not hold 0: "
        "0 ms [0, 0] in the browser; a replayed run is shorter by 0.500 ms [0.500, 0.500] without one."
    )
    (upload,) = row(report, "upload").evidence
    assert upload.text.startswith(
        "What a run writes, alone and into an idle queue, takes no time whose interval does not hold 0: "
    )
    assert (submission.value, upload.value) == (None, None)


def test_a_part_that_makes_runs_longer_is_not_said_to_make_them_shorter() -> None:
    told = said(row(report_of(Runs(by_rung={"replay-web": Planted(submission_ms=-2.0)})), "submission"))
    assert "a replayed run is longer by 2.00 ms [2.00, 2.00] in the browser; " in told


def test_what_one_round_says_of_a_part_is_no_difference() -> None:
    whole = recording_of(Runs())
    first = [one for one in whole.entries if not isinstance(one, Trial) or one.round == 0]
    (told,) = row(build(replace(whole, entries=tuple(first))), "submission").evidence
    assert (
        "one round alone does not tell whether a replayed run is shorter: 0.500 ms [one round]" in told.text
    )
    assert told.value is None


def bound(runs: Runs) -> list[tuple[str, float | None]]:
    found = row(report_of(runs), "submission").evidence
    return [(one.text, one.value) for one in found if one.kind == "dispatch-bound"]


def test_a_run_of_tiny_dispatches_is_bound_by_how_many_they_are() -> None:
    """A run whose replay saves 8 of its 16 ms where all commands are made before it begins."""
    ((text, share),) = bound(Runs(by_rung={"replay-web": Planted(submission_ms=8.0)}))
    assert share == pytest.approx(0.5, rel=0.01)
    assert text.startswith("Of a replayed run's time 50 % [")
    assert " in the browser, 5.0 % [" in text
    assert text.endswith(
        " without one goes into making and submitting the commands of its 1000 dispatches: so much is bound "
        "by how many they are, not by what they compute."
    )


def test_a_run_whose_submission_is_not_clear_of_0_is_not_said_to_be_bound_by_its_dispatches() -> None:
    free = Planted(submission_ms=0.0)
    assert bound(Runs(by_rung={"replay-web": free, "replay-native": free})) == []
    ((text, share),) = bound(Runs(by_rung={"replay-web": free}))
    assert "in the browser" not in text
    assert share is None


def test_what_neither_replay_tells_apart_says_that_messages_are_part_of_it() -> None:
    rest = row(report_of(Runs()), "same-work")
    assert "do not tell apart: messages between processes, the GPU's own work" in rest.title


@pytest.mark.parametrize("name", BOUNDARY)
def test_a_part_costs_only_where_it_was_planted(name: str) -> None:
    larger = {
        "upload": Planted(upload_ms=5.25),
        "submission": Planted(submission_ms=5.5),
        "read-back": Planted(read_back_ms=5.25),
    }[name]
    report = report_of(Runs(by_rung={"replay-web": larger}))
    costs = [one for one in BOUNDARY if row(report, one).verdict == "costs"]
    assert costs == [name]


@pytest.mark.parametrize(
    ("name", "larger"),
    [("inner-reads", Planted(inner_reads_ms=5.0)), ("pipelines", Planted(pipelines_ms=5.0))],
)
def test_stops_and_pipelines_cost_on_the_way_where_the_browser_takes_longer_for_them(
    name: str, larger: Planted
) -> None:
    runs = Runs(by_rung={"replay-web": larger}, placed=DET, inner_reads=1, pipelines=1)
    report = report_of(runs)
    parts = (*BOUNDARY, "inner-reads", "pipelines")
    assert [one for one in parts if row(report, one).verdict == "costs"] == [name]
    assert ln(row(report, name)) == pytest.approx(5.0 * math.log(1.6) / 6.0, abs=0.01)


def test_a_read_back_that_waits_for_queued_work_is_not_blamed_on_the_copy() -> None:
    report = report_of(Runs(by_rung={"replay-web": Planted(end_wait_ms=12.0, read_back_ms=0.25)}))
    told = said(row(report, "gpu-abstraction"))
    assert "wait for what it reads at its end, 12.0 ms" in told
    assert "is queued GPU work, 11.8" in told
    assert "the way back, 0.25" in told
    assert row(report, "read-back").verdict != "costs"


def test_a_read_back_that_waits_for_no_longer_than_it_takes_is_not_said_to_wait_for_work() -> None:
    report = report_of(Runs(by_rung={"replay-web": Planted(end_wait_ms=0.25, read_back_ms=0.25)}))
    assert "is queued GPU work" not in said(row(report, "gpu-abstraction"))


def test_what_stays_on_the_processor_stops_the_gpu_under_its_own_name() -> None:
    slower = Planted(inner_reads_ms=4.0)
    runs = Runs(
        by_rung={"replay-native-unsafe": slower, "replay-native": slower, "replay-web": slower},
        placed=DET,
        inner_reads=1,
    )
    report = report_of(runs)
    found = row(report, "not-on-gpu")
    assert ln(found) == pytest.approx(math.log(10 / 6), abs=0.01)
    assert found.verdict == "costs"
    assert "Not on the GPU: Det (1 node)." in said(found)
    assert "1 copy from the GPU, 1 to it" in said(found)
    assert "Not on the GPU: Det" in said(row(report, "library"))
    assert row(report, "inner-reads").verdict == "unclear", "the browser takes no longer for it"
    action = next(one for one in report.actions if "Export the model without" in one.text)
    assert (action.owner, action.cause, action.basis) == ("model", "library", "predicted")
    assert "Det" in action.text
    assert action.then_ms.point == pytest.approx(action.now_ms.point * 12 / 16, rel=0.01)


WAITING = Planted(pipelines_ms=5.0, held_up_ms=5.0)
GOING_ON = Planted(pipelines_ms=8.0, held_up_ms=0.0625)
"""Without a browser, and in one, where the GPU's process compiles and the page's thread goes on."""
COMPILING = {"replay-native-unsafe": WAITING, "replay-native": WAITING, "replay-web": GOING_ON}


def test_a_pipeline_that_every_run_makes_anew_is_counted_and_priced() -> None:
    report = report_of(Runs(by_rung=COMPILING, pipelines=1))
    found = row(report, "pipelines-made-anew")
    assert ln(found) == pytest.approx(math.log(2.0), abs=0.01)
    assert "Every run makes 1 pipeline anew: Mul." in said(found)
    assert "A shader that was new to the page is new to each replayed run" in said(found)
    assert "a replayed run is shorter by 8.0" in said(found)
    (action,) = (one for one in report.actions if "every run makes 1 anew" in one.text)
    assert action.then_ms.point == pytest.approx(action.now_ms.point * 8 / 16, rel=0.01)


def test_compiling_that_the_page_s_thread_does_not_wait_for_is_no_submission() -> None:
    report = report_of(Runs(by_rung=COMPILING, pipelines=1))
    assert [one for one in BOUNDARY if row(report, one).verdict == "costs"] == []
    assert ln(row(report, "submission")) == pytest.approx(0.0, abs=0.01)
    assert ln(row(report, "pipelines")) == pytest.approx(3.0 * math.log(1.6) / 6.0, abs=0.01)
    told = said(row(report, "pipelines-made-anew"))
    assert "is held up 0.0625 ms" in told
    assert "where another process compiles, and 5.0" in told


def test_a_recording_without_runs_that_were_compiled_before_blames_nothing_for_it() -> None:
    report = report_of(Runs(by_rung=COMPILING, pipelines=1, compiled=False))
    assert row(report, "browser-boundary").children == ()
    found = row(report, "pipelines-made-anew")
    assert (found.verdict, found.factor) == ("not-measured", None)
    assert "Every run makes 1 pipeline anew" in said(found)


def test_what_is_not_there_is_not_told() -> None:
    report = report_of(Runs())
    assert not {"inner-reads", "pipelines"} & names(report)
    reasons = {name: row(report, name).why for name in ("not-on-gpu", "pipelines-made-anew")}
    assert reasons == {
        "not-on-gpu": "every operator runs on the GPU",
        "pipelines-made-anew": "steady runs make no pipelines",
    }
    assert all(row(report, name).verdict == "not-applicable" for name in reasons)
    assert [one for one in row(report, "library").evidence if one.kind != "side-rung"] == []


def test_operators_on_the_processor_for_which_no_run_stops_are_named_and_not_priced() -> None:
    report = report_of(Runs(placed=DET[:3]))
    found = row(report, "not-on-gpu")
    assert (found.verdict, found.factor) == ("not-measured", None)
    assert "no run stops for them" in found.why
    assert "Det (1 node)" in said(found)


def test_a_stall_between_submits_is_a_gap_and_not_the_start_of_a_run() -> None:
    stalled = Planted(between_ms=6.25, largest_ms=6.0)
    report = report_of(Runs(by_rung={"web-session": stalled}))
    work = row(report, "library-work")
    assert [one.id for one in work.children] == ["before-first-submit", "submission-gaps", "after-submits"]
    assert ln(row(report, "submission-gaps")) == pytest.approx(6.0 * math.log(1.5) / 8.0, abs=0.01)
    assert [one.verdict for one in work.children[:2]] == ["unclear", "costs"]
    assert sum(map(ln, work.children)) == pytest.approx(ln(work), abs=1e-9)
    assert "at one stretch for 6.0" in said(work)
    assert any("free between submits" in one.text for one in report.actions)


def test_work_of_the_library_for_every_submit_is_a_gap_and_no_stall() -> None:
    evenly = Planted(between_ms=6.25, largest_ms=1.0)
    report = report_of(Runs(by_rung={"web-session": evenly}))
    assert row(report, "submission-gaps").verdict == "costs"
    assert not any("free between submits" in one.text for one in report.actions)


def test_without_a_stall_nobody_is_told_to_mend_one() -> None:
    report = report_of(Runs())
    assert row(report, "submission-gaps").verdict == "unclear"
    assert not any("free between submits" in one.text for one in report.actions)


def test_the_start_is_told_by_counts_and_by_two_clocks() -> None:
    told = said(row(report_of(Runs()), "gpu-abstraction"))
    assert "1 pipeline of 1 shader made before the first run, 3 pipelines of 3 shaders within it" in told
    assert "the page waited 25.0 ms and 75.0 ms while it was recorded" in told
    assert "a replay waits for its pipelines 120 ms" in told
    assert "Each run makes 1000 dispatches in 8 submits, writes 128 bytes and reads 128 bytes back." in told


def test_runs_in_another_order_that_read_other_bytes_tell_nothing() -> None:
    report = report_of(Runs(differing_bytes=4))
    assert row(report, "browser-boundary").children == ()
    assert row(report, "browser-boundary").factor is not None
    assert "queued GPU work" not in said(row(report, "gpu-abstraction"))


def test_a_recording_without_calls_has_steps_and_no_counts() -> None:
    report = report_of(Runs(recorded=False))
    assert "dispatches" not in said(row(report, "gpu-abstraction"))
    assert row(report, "not-on-gpu").why == "the library's calls were not recorded"


def test_both_reports_show_all_of_it() -> None:
    slower = Planted(inner_reads_ms=4.0, pipelines_ms=1.0)
    report = report_of(
        Runs(by_rung={"replay-web": slower}, placed=DET, inner_reads=1, pipelines=1, noise=0.01)
    )
    for text in (renderer.render(report, Surface(detail=True)) for renderer in (TERMINAL, MARKDOWN)):
        assert "The browser's layer above the GPU" in text
        assert "Not on the GPU" in text


@pytest.mark.parametrize("change", [{"before_ms": -1.0}, {"largest_ms": float("nan")}, {"between_ms": 1e10}])
def test_courses_that_cannot_have_been_are_refused(change: dict[str, float]) -> None:
    recording = recording_of(Runs(by_rung={"web-session": Planted(**change)}))
    wrong = {impossible(one) for one in recording.entries} - {""}
    assert wrong == {"runs on the GPU with parts of impossible times on web-session"}


def test_changed_runs_without_a_whole_one_beside_them_are_refused() -> None:
    wrong = {impossible(one) for one in recording_of(Runs(odd_pass_ms=(1.0,))).entries} - {""}
    assert len(wrong) >= len({"replay-native-unsafe", "replay-native", "replay-web"})
    assert all("parts of a replayed run with impossible times" in one for one in wrong)


@pytest.mark.parametrize("passes", [2, 4])
def test_runs_that_were_compiled_before_are_as_many_as_whole_ones(passes: int) -> None:
    trial = next(one for one in recording_of(Runs(pipelines=1)).of(Trial) if one.parts is not None)
    assert trial.parts is not None
    assert len(trial.parts.compiled_ms) == len(trial.parts.whole_ms) == 3
    others = replace(trial, parts=replace(trial.parts, compiled_ms=(1.0,) * passes))
    assert "parts of a replayed run with impossible times" in impossible(others)


@pytest.mark.parametrize(
    "change", [{"control_differing_bytes": 1001}, {"control_compared_bytes": -1}, {"proven_runs": -1}]
)
def test_a_control_that_found_more_than_it_compared_is_refused(change: dict[str, int]) -> None:
    trial = next(one for one in recording_of(Runs()).of(Trial) if one.parts is not None)
    assert trial.parts is not None
    others = replace(trial, parts=replace(trial.parts, **change))
    assert "parts of a replayed run with impossible times" in impossible(others)


def test_entries_that_can_have_been_are_not() -> None:
    recording = recording_of(Runs(placed=DET, inner_reads=1, pipelines=1))
    assert {impossible(one) for one in recording.entries} == {""}
    assert all(encode_entry(one) for one in recording.entries)
