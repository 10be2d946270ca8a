"""The published study is what its recordings say, row by row and byte for byte."""

import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from gapprof.explain.study import studied_model
from gapprof.facts.felt import FRAME_MS, WHOLE_FRAMES
from gapprof.facts.over_models import over_models
from gapprof.facts.paper import CLASSES
from gapprof.markdown.study import document
from gapprof.recordings import read_run
from gapprof.records.codec import encode_document, encode_report
from gapprof.records.recording import recorded_before
from gapprof.records.study import StudiedModel, Study
from gapprof.records.surface import Surface
from gapprof.render import markdown
from gapprof.study.kept import stem_of
from gapprof.study.models import ALL, CIFAR
from gapprof.text.numbers import change_with_interval
from tests.unit.published import (
    REPORTS,
    TAKEN_CORE,
    as_at_rest,
    below,
    no_more_than_a_core,
    operators_add_up,
    report_of,
    says_of_a_worker_what_is_slower_and_nothing_else,
    slower,
    worse,
)

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


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.stem)
def test_a_row_is_felt_on_the_main_thread_and_in_a_worker_frames_stay_as_they_are(row: StudiedModel) -> None:
    assert row.web is not None
    assert row.web.prediction_ms is not None
    worse(row.component_main_times)
    if row.frames_main_times is None:
        assert recorded_before(row.recording_version, WHOLE_FRAMES)
    elif row.web.prediction_ms.point >= FRAME_MS:
        worse(row.frames_main_times)
    as_at_rest(row.frames_worker_times)
    no_more_than_a_core(row.component_worker_times)


def test_a_long_run_in_a_worker_keeps_components_far_less_than_on_the_main_thread() -> None:
    assert len(LONG) >= 7
    assert [one.stem for one in LONG if not below(one.component_worker_times, one.component_main_times)] == []


def test_the_study_names_every_row_whose_components_are_slower_in_a_worker_beyond_doubt() -> None:
    times = {one.stem: one.component_worker_times for one in ROWS}
    named = {stem for stem, found in times.items() if slower(found)}
    assert named
    (told,) = re.findall(
        r"all kinds together, take longer there.*?: (.*); with each of the others that interval includes 1\.",
        (STUDY / "README.md").read_text(encoding="utf-8"),
    )
    assert set(re.findall(r"\] with ([\w-]+)", told)) == named
    others = [found for stem, found in times.items() if found is not None and stem not in named]
    assert all(found.low <= 1 <= found.high for found in others)


def test_over_all_models_a_worker_costs_components_what_a_core_was_first_seen_to() -> None:
    """That is more than nothing: of two cores the model takes one."""
    found = over_models([one.component_worker_times for one in ROWS if one.component_worker_times])
    assert slower(found)
    assert found is not None
    assert found.low <= TAKEN_CORE <= found.high
    page = (STUDY / "README.md").read_text(encoding="utf-8")
    assert f"each counted once, components take {change_with_interval(found)} as long as at rest" in page
    readme = " ".join((REPORTS.parent / "README.md").read_text(encoding="utf-8").split())
    assert f"models {change_with_interval(found)} of at rest" in readme


def test_the_study_counts_models_by_kinds_of_components_that_are_slower_in_a_worker_beyond_doubt() -> None:
    counts = Counter(
        measure.removeprefix("component-")
        for one in ROWS
        for measure, found in one.worker_times.items()
        if measure.startswith("component-") and slower(found)
    )
    assert counts
    page = (STUDY / "README.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"Kind by kind, each by an interval of its own: (.*?)\.\n", page)
    assert dict(re.findall(r"(\w+) with (\d+) of \d+", told)) == {k: str(n) for k, n in counts.items()}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.stem)
def test_a_row_of_the_study_is_what_its_recording_says(row: StudiedModel) -> None:
    recording = STUDY / f"{row.stem}.jsonl"
    assert studied_model(read_run(recording), stem=row.stem, paper_class=row.paper_class) == row
    found = report_of(recording)
    assert recording.with_suffix(".json").read_bytes() == encode_report(found)
    assert recording.with_suffix(".md").read_text(encoding="utf-8") == markdown.RENDERER.render(
        found, Surface()
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.stem)
def test_operators_of_a_row_add_up_to_a_run_on_one_thread(row: StudiedModel) -> None:
    recording = read_run(STUDY / f"{row.stem}.jsonl")
    assert recording.preflight is not None
    assert recording.preflight.page_threads == 1
    operators_add_up(report_of(STUDY / f"{row.stem}.jsonl"), recording)


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


@pytest.mark.parametrize(
    "recording", [STUDY / f"{row.stem}.jsonl" for row in ROWS], ids=lambda path: path.stem
)
def test_a_report_says_of_a_worker_what_is_slower_there(recording: Path) -> None:
    says_of_a_worker_what_is_slower_and_nothing_else(recording)
