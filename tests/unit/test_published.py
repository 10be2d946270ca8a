"""What is published is what its recording says, byte for byte."""

from pathlib import Path

import msgspec
import pytest

from gapprof import analyze
from gapprof.explain.study import studied_model
from gapprof.markdown.study import document
from gapprof.recordings import read_run
from gapprof.records.codec import encode_document, encode_report
from gapprof.records.study import StudiedModel, Study
from gapprof.records.surface import Surface
from gapprof.render import markdown
from gapprof.terminal.kernels import drawn
from gapprof.yardstick.report import kernels_of

REPORTS = Path(__file__).parents[2] / "reports"
ZOO = sorted((REPORTS / "zoo").glob("*.jsonl"))
FELT = sorted((REPORTS / "qoe").glob("*.jsonl"))
STUDY = REPORTS / "study"
STUDIED = msgspec.json.decode((STUDY / "study.json").read_bytes(), type=Study)
KERNELS = sorted((REPORTS / "kernels").glob("*.jsonl"))


@pytest.mark.parametrize("recording", [*ZOO, *FELT], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_json_and_markdown_come_from_the_recording(recording: Path) -> None:
    found = analyze(recording)
    assert recording.with_suffix(".json").read_bytes() == encode_report(found)
    assert recording.with_suffix(".md").read_text(encoding="utf-8") == markdown.RENDERER.render(
        found, Surface()
    )


@pytest.mark.parametrize("recording", KERNELS, ids=lambda path: path.stem)
def test_a_table_of_kernels_comes_from_its_recording(recording: Path) -> None:
    table = kernels_of(read_run(recording))
    assert recording.with_suffix(".json").read_bytes() == encode_document(table)


def test_four_models_have_all_three_of_responsiveness_smoothness_and_accuracy() -> None:
    found = [analyze(recording).qoe for recording in FELT]
    assert len(found) >= 4
    for one in found:
        assert one is not None
        assert {row.aspect for row in one.rows} == {"responsiveness", "smoothness"}
        assert all(row.idle and row.main and row.worker for row in one.rows)
        assert one.answers is not None
        assert one.answers.cosine > 0.999


@pytest.mark.parametrize("row", [one for one in STUDIED.models if one.status], ids=lambda row: row.stem)
def test_a_row_of_the_study_is_what_its_recording_says(row: StudiedModel) -> None:
    recording = STUDY / f"{row.stem}.jsonl"
    assert studied_model(read_run(recording), stem=row.stem, paper_class=row.paper_class) == row
    found = analyze(recording)
    assert recording.with_suffix(".json").read_bytes() == encode_report(found)
    assert recording.with_suffix(".md").read_text(encoding="utf-8") == markdown.RENDERER.render(
        found, Surface()
    )


def test_the_studys_tables_are_of_its_figures() -> None:
    assert (STUDY / "README.md").read_text(encoding="utf-8") == document(STUDIED)
    assert (STUDY / "study.json").read_bytes() == encode_document(STUDIED)
    stems = {one.stem for one in STUDIED.models}
    assert {"resnet20", "resnet32", "resnet44"} <= stems


def test_the_page_of_kernels_shows_every_table() -> None:
    assert len(KERNELS) >= 3
    page = (KERNELS[0].parent / "README.md").read_text(encoding="utf-8")
    for recording in KERNELS:
        table = kernels_of(read_run(recording))
        assert drawn(table, Surface(width=110)) in page
