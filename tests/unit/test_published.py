"""What is published is what its recording says, byte for byte."""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from gapprof.digest.qoe import LateKind, late_kinds
from gapprof.facts.felt import FRAME_MS
from gapprof.recordings import read_run
from gapprof.records.codec import decode_report, encode_document, encode_report
from gapprof.records.estimate import Estimate
from gapprof.records.sections.quality import Answers, LateRow
from gapprof.records.surface import Surface
from gapprof.records.yardstick import Kernels
from gapprof.render import markdown, terminal
from gapprof.terminal.kernels import drawn
from gapprof.yardstick.report import kernels_of
from tests.scripts import script
from tests.unit.published import (
    REPORTS,
    as_at_rest,
    below,
    no_more_than_a_core,
    report_of,
    says_of_a_worker_what_is_slower_and_nothing_else,
    worse,
)

ZOO = sorted((REPORTS / "zoo").glob("*.jsonl"))
FELT = sorted((REPORTS / "qoe").glob("*.jsonl"))
WHOLE = sorted((REPORTS / "whole").glob("*.jsonl"))
GPU = sorted((REPORTS / "gpu").glob("*.jsonl"))
BALANCE = sorted((REPORTS / "balance").glob("*.jsonl"))
KERNELS = sorted((REPORTS / "kernels").glob("*.jsonl"))
PAGES = [REPORTS.parent / "README.md", *sorted(REPORTS.rglob("README.md"))]


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
    worse(rows["components"].main_times)
    if request_ms.point >= FRAME_MS:
        worse(frames.main_times)
    as_at_rest(frames.worker_times)
    no_more_than_a_core(rows["components"].worker_times)


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
    assert [stem for stem, row in found.items() if not below(row.worker_times, row.main_times)] == []


@pytest.mark.parametrize("recording", FELT, ids=lambda path: path.stem)
def test_a_report_says_of_a_worker_what_is_slower_there(recording: Path) -> None:
    says_of_a_worker_what_is_slower_and_nothing_else(recording)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPORTS.parent)))
def test_every_link_of_a_page_leads_to_a_file_that_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    places = [one for one in links if not one.startswith(("https://", "http://", "mailto:"))]
    assert [one for one in places if not (page.parent / one).exists()] == []


def test_the_page_of_kernels_shows_every_table() -> None:
    assert len(KERNELS) >= 3
    page = (KERNELS[0].parent / "README.md").read_text(encoding="utf-8")
    for recording in KERNELS:
        table = kernels_in(recording)
        assert drawn(table, Surface(width=110)) in page
