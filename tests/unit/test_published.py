"""What is published is what its recording says, byte for byte."""

import re
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from gapprof import analyze
from gapprof.digest.in_worker import left_alone
from gapprof.digest.qoe import LateKind, late_kinds
from gapprof.explain.study import studied_model
from gapprof.facts.case import Case
from gapprof.facts.closing import visited
from gapprof.facts.felt import FRAME_MS, WHOLE_FRAMES
from gapprof.facts.paper import CLASSES
from gapprof.markdown.study import document
from gapprof.measure.passes import TRACE_PASSES
from gapprof.recordings import read_run
from gapprof.records.codec import decode_report, encode_document, encode_report
from gapprof.records.estimate import Estimate
from gapprof.records.recording import recorded_before
from gapprof.records.sections.quality import Answers, LateRow
from gapprof.records.study import StudiedModel, Study
from gapprof.records.surface import Surface
from gapprof.records.yardstick import Kernels
from gapprof.render import markdown, terminal
from gapprof.study.kept import stem_of
from gapprof.study.models import ALL, CIFAR
from gapprof.terminal.kernels import drawn
from gapprof.yardstick.report import kernels_of
from tests.scripts import script

REPORTS = Path(__file__).parents[2] / "reports"
ZOO = sorted((REPORTS / "zoo").glob("*.jsonl"))
FELT = sorted((REPORTS / "qoe").glob("*.jsonl"))
STUDY = REPORTS / "study"
STUDIED = msgspec.json.decode((STUDY / "study.json").read_bytes(), type=Study)
ROWS = [one for one in STUDIED.models if one.status]
LONG = [
    one
    for one in ROWS
    if one.web is not None and one.web.prediction_ms is not None and one.web.prediction_ms.point >= FRAME_MS
]
"""A run of theirs takes longer than a frame."""
LOADING_UNSEEN = {"mobilebert", "ssd-mobilenetv2"}
"""Rows in a form in which one clock alone has seen the page load: their starts add up without that."""
WHOLE = sorted((REPORTS / "whole").glob("*.jsonl"))
GPU = sorted((REPORTS / "gpu").glob("*.jsonl"))
BALANCE = sorted((REPORTS / "balance").glob("*.jsonl"))
TRACED = sorted((REPORTS / "balance" / "traced").glob("*.jsonl"))
KERNELS = sorted((REPORTS / "kernels").glob("*.jsonl"))
report_of = cache(analyze)


@cache
def kernels_in(recording: Path) -> Kernels:
    return kernels_of(read_run(recording))


@pytest.mark.parametrize(
    "recording", [*ZOO, *FELT, *WHOLE, *GPU, *BALANCE], ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_json_and_markdown_come_from_the_recording(recording: Path) -> None:
    found = report_of(recording)
    assert recording.with_suffix(".json").read_bytes() == encode_report(found)
    assert recording.with_suffix(".md").read_text(encoding="utf-8") == markdown.RENDERER.render(
        found, Surface()
    )


def test_the_table_of_the_zoo_is_of_its_reports() -> None:
    reports = [decode_report(path.with_suffix(".json").read_bytes(), source=path.stem) for path in ZOO]
    assert (REPORTS / "README.md").read_text(encoding="utf-8") == script("reports/make.py").table(reports)


def test_the_readme_opens_with_a_published_report_as_a_terminal_shows_it() -> None:
    readme = (REPORTS.parent / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("<!-- report -->")[2].partition("<!-- /report -->")[0]
    drawing = terminal.RENDERER.render(report_of(REPORTS / "zoo" / "mobilenetv2.jsonl"), Surface())
    lines = [line.rstrip() for line in drawing.strip("\n").splitlines()]
    assert shown.strip().splitlines() == ["```", "$ gapprof explain zoo:mobilenetv2", *lines, "```"]


@pytest.mark.parametrize("recording", KERNELS, ids=lambda path: path.stem)
def test_a_table_of_kernels_comes_from_its_recording(recording: Path) -> None:
    table = kernels_in(recording)
    assert recording.with_suffix(".json").read_bytes() == encode_document(table)


def test_four_models_have_all_three_of_responsiveness_smoothness_and_accuracy() -> None:
    assert len(FELT) >= 4
    for recording in FELT:
        found = report_of(recording).qoe
        assert found is not None
        assert {row.aspect for row in found.rows} == {"responsiveness", "smoothness"}
        assert all(row.idle and row.main and row.worker for row in found.rows)
        assert found.visits >= 6, "two rounds of three conditions"
        _has_accuracy(found.answers)


def test_both_models_have_a_run_with_everything() -> None:
    assert {"mobilenetv2", "resnet50"} <= {recording.stem for recording in WHOLE}


@pytest.mark.parametrize("recording", WHOLE, ids=lambda path: path.stem)
def test_a_run_with_everything_has_starts_that_add_up_and_a_heap_that_is_seen_from_outside(
    recording: Path,
) -> None:
    found = report_of(recording)
    checks = {check.id: check.status for check in found.checks}
    assert (checks["start-stages"], checks["wasm-heap"]) == ("pass", "pass")
    assert found.memory is not None
    assert {slope.verdict for slope in found.memory.slopes} == {"none"}, "nothing was planted"


def test_threads_that_were_tried_are_recommended_once_and_gain_what_was_predicted() -> None:
    found = report_of(REPORTS / "whole" / "mobilenetv2.jsonl")
    (threads,) = (one for one in found.actions if one.cause == "threads")
    assert threads.basis == "measured"
    assert found.scaling is not None
    best = found.scaling.recommendation
    assert best is not None
    assert best.measured_ms == threads.then_ms
    assert best.prediction == "holds"
    assert best.gain is not None
    assert best.gain.low > 1


def _has_accuracy(answers: Answers | None) -> None:
    """Both sides agree; and what late answers cost is told by classes, or by the nearest scene."""
    assert answers is not None
    assert answers.cosine > 0.999
    assert answers.scenes >= 8
    kinds = set(late_kinds(answers))
    assert kinds
    assert "nearest" in kinds or answers.classes > 1
    for kind in kinds:
        found = {row.answers_per_s: _right(row, kind) for row in answers.late if row.who == "rate"}
        assert len(found) >= 2
        assert all(share.rounds == answers.scenes for share in found.values())
        falling = sorted(found, reverse=True)
        assert all(found[slow].low <= found[fast].high for fast, slow in pairwise(falling)), (
            "fewer is no better"
        )
        assert found[falling[-1]].high < found[falling[0]].low, "one answer a second costs something"
    assert {row.who for row in answers.late} == {"rate", "native", "web"}


def _right(row: LateRow, kind: LateKind) -> Estimate:
    share = row.nearest if kind == "nearest" else row.interval
    assert share is not None
    return share


def test_four_models_were_asked_on_busy_pages_of_two_intensities() -> None:
    for recording in FELT:
        found = report_of(recording).qoe
        assert found is not None
        times = {row.page: row.times for row in found.pages}
        assert {"quiet", "busy", "busier"} <= times.keys()
        busy, busier = times["busy"], times["busier"]
        assert busy is not None
        assert busier is not None
        assert 0.9 < busy.point < busier.point


@pytest.mark.parametrize("recording", FELT, ids=lambda path: path.stem)
def test_inference_is_felt_on_the_main_thread_and_in_a_worker_frames_stay_as_they_are(
    recording: Path,
) -> None:
    found = report_of(recording).qoe
    assert found is not None
    rows = {row.id: row for row in found.rows}
    (request_ms,) = (row.request_ms for row in found.pages if row.page == "quiet")
    assert request_ms is not None
    frames = rows["frame-p95"]
    _worse(rows["components"].main_times)
    if request_ms.point >= FRAME_MS:
        _worse(frames.main_times)
    _as_at_rest(frames.worker_times)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.stem)
def test_the_same_of_a_row_of_the_study(row: StudiedModel) -> None:
    assert row.web is not None
    assert row.web.prediction_ms is not None
    _worse(row.component_main_times)
    if row.frames_main_times is None:
        assert recorded_before(row.recording_version, WHOLE_FRAMES)
    elif row.web.prediction_ms.point >= FRAME_MS:
        _worse(row.frames_main_times)
    _as_at_rest(row.frames_worker_times)


def test_a_long_run_in_a_worker_keeps_components_far_less_than_on_the_main_thread() -> None:
    found = {
        recording.stem: {row.id: row for row in qoe.rows}["components"]
        for recording in FELT
        if (qoe := report_of(recording).qoe) is not None
        and any(
            row.page == "quiet" and row.request_ms is not None and row.request_ms.point >= FRAME_MS
            for row in qoe.pages
        )
    }
    assert len(found) >= 3
    assert [stem for stem, row in found.items() if not _below(row.worker_times, row.main_times)] == []


def test_the_same_of_every_row_of_the_study_with_a_long_run() -> None:
    assert len(LONG) >= 7
    assert [
        one.stem for one in LONG if not _below(one.component_worker_times, one.component_main_times)
    ] == []


def _below(worker: Estimate | None, main: Estimate | None) -> bool:
    """The whole interval below the other one: both are times what it takes at rest."""
    return worker is not None and main is not None and worker.rounds > 1 and worker.high < main.low


@pytest.mark.parametrize(
    "recording", [*FELT, *(STUDY / f"{row.stem}.jsonl" for row in ROWS)], ids=lambda path: path.stem
)
def test_a_report_says_of_a_worker_what_is_slower_there_beyond_doubt_and_nothing_else(
    recording: Path,
) -> None:
    found = report_of(recording).qoe
    assert found is not None
    lines = recording.with_suffix(".md").read_text(encoding="utf-8").splitlines()
    sentences = [line for line in lines if line.startswith(("- A worker leaves frames", "- In a worker, "))]
    rows = {row.id: row.worker_times for row in found.rows}
    for measured, named in (("components", "a component takes"), ("event-p50", "a click's answer takes")):
        assert any(named in one for one in sentences) == _slower(rows.get(measured)), measured


def test_the_study_names_every_row_whose_components_are_slower_in_a_worker_beyond_doubt() -> None:
    times = {one.stem: one.component_worker_times for one in ROWS}
    slower = {stem for stem, found in times.items() if _slower(found)}
    assert slower
    (told,) = re.findall(
        r"all kinds together, take longer there.*?: (.*); with each of the others that interval includes 1\.",
        (STUDY / "README.md").read_text(encoding="utf-8"),
    )
    assert set(re.findall(r"\] with ([\w-]+)", told)) == slower
    others = [found for stem, found in times.items() if found is not None and stem not in slower]
    assert all(found.low <= 1 <= found.high for found in others)


def test_the_study_counts_models_by_kinds_of_components_that_are_slower_in_a_worker_beyond_doubt() -> None:
    counts = Counter(
        measure.removeprefix("component-")
        for one in ROWS
        for measure, found in one.worker_times.items()
        if measure.startswith("component-") and _slower(found)
    )
    assert counts
    page = (STUDY / "README.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"Kind by kind, each by an interval of its own: (.*?)\.\n", page)
    assert dict(re.findall(r"(\w+) with (\d+) of \d+", told)) == {k: str(n) for k, n in counts.items()}


def _slower(times: Estimate | None) -> bool:
    return times is not None and times.rounds > 1 and times.low > 1


def _worse(times: Estimate | None) -> None:
    """Than at rest, beyond doubt."""
    assert times is not None
    assert times.rounds > 1
    assert times.low > 1


def _as_at_rest(times: Estimate | None) -> None:
    """By an interval that says so: one that holds everything does not."""
    assert left_alone(times)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.stem)
def test_a_row_of_the_study_is_what_its_recording_says(row: StudiedModel) -> None:
    recording = STUDY / f"{row.stem}.jsonl"
    assert studied_model(read_run(recording), stem=row.stem, paper_class=row.paper_class) == row
    found = report_of(recording)
    assert recording.with_suffix(".json").read_bytes() == encode_report(found)
    assert recording.with_suffix(".md").read_text(encoding="utf-8") == markdown.RENDERER.render(
        found, Surface()
    )


def test_the_studys_tables_are_of_its_figures() -> None:
    assert (STUDY / "README.md").read_text(encoding="utf-8") == document(STUDIED)
    assert (STUDY / "study.json").read_bytes() == encode_document(STUDIED)


def test_the_study_has_its_classes_and_what_it_has_not_has_its_reason() -> None:
    measured = {one.stem for one in STUDIED.models if one.web and one.web.prediction_ms}
    assert set(CIFAR) <= measured
    assert len(measured & set(CLASSES)) >= 7
    assert {one.stem for one in STUDIED.models} == {stem_of(model) for model in ALL}
    assert "" not in {one.why for one in STUDIED.models if one.stem not in measured}
    assert "it is still to come" not in {one.why for one in STUDIED.models if one.stem in CLASSES}


def test_of_seven_classes_and_the_cifar_nets_every_cell_was_compared() -> None:
    compared = {
        one.stem
        for one in ROWS
        if any(cell.outputs == "agree" for cell in one.cells) and not one.never_compared
    }
    assert set(CIFAR) <= compared
    assert len(compared & set(CLASSES)) >= 7


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.stem)
def test_the_starts_of_a_row_add_up_and_its_heap_is_seen_from_outside(row: StudiedModel) -> None:
    checks = {check.id: check for check in report_of(STUDY / f"{row.stem}.jsonl").checks}
    stages = checks["start-stages"]
    assert (stages.status, checks["wasm-heap"].status) == ("pass", "pass")
    assert ("the page's own loading is left out" in stages.text) == (row.stem in LOADING_UNSEEN)


@pytest.mark.parametrize("recording", BALANCE, ids=lambda path: path.stem)
def test_every_visit_of_a_browser_can_be_told_of_and_closes(recording: Path) -> None:
    """Waiting for a core, blocked and at work: within 2 % of the time that passed, in each of them."""
    told = [one for one in visited(Case(read_run(recording))) if one.told]
    assert len(told) >= 20
    assert [one for one in told if not one.closures] == []
    assert [one.closures for one in told if not one.closes] == []
    assert any(one.traced for one in told)


def test_blocked_time_was_measured_for_every_model_wherever_it_runs() -> None:
    traced = script("reports/balance.py")
    wanted = {traced.recording_of(*place).name for place in traced.places()}
    assert len(BALANCE) * 4 == len(wanted)
    assert {path.name for path in TRACED} == wanted


@pytest.mark.parametrize("recording", TRACED, ids=lambda path: path.stem)
def test_blocked_time_that_was_measured_by_itself_closes(recording: Path) -> None:
    """Every term by a source of its own: a lack of any shows, whoever the thread waited for."""
    found = [one for one in script("reports/balance.py").visits_in(recording) if one.traced]
    assert len(found) == TRACE_PASSES
    assert [one for one in found if not one.closures] == [], "each of them can be told of"
    assert {closure.terms for one in found for closure in one.closures} == {"states"}
    assert [one.closures for one in found if not one.closes] == []


def test_the_table_of_balances_is_of_its_recordings() -> None:
    assert len(BALANCE) >= 3
    page = (BALANCE[0].parent / "README.md").read_text(encoding="utf-8")
    assert page == "\n".join(script("reports/balance.py").table()) + "\n"


def test_the_page_of_kernels_shows_every_table() -> None:
    assert len(KERNELS) >= 3
    page = (KERNELS[0].parent / "README.md").read_text(encoding="utf-8")
    for recording in KERNELS:
        table = kernels_in(recording)
        assert drawn(table, Surface(width=110)) in page
