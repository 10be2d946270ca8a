"""A disk that takes no database ends nothing: what was tuned is used all the same."""

from pathlib import Path

from gapprof.gpu_kernels.database import EMPTY
from gapprof.measure.journal import open_journal
from gapprof.own_kernels.database import kept, write
from gapprof.records.recording import Note
from tests.unit.gpu_kernels.runs import run


def noted(tmp_path: Path, place: Path) -> list[str]:
    with open_journal(tmp_path / "run.jsonl", run().begin) as journal:
        kept(journal, lambda: write(place, EMPTY))
        return [note.text for note in journal.recording().of(Note)]


def test_a_database_that_cannot_be_written_is_noted(tmp_path: Path) -> None:
    folder = tmp_path / "a-folder"
    folder.mkdir()
    (text,) = noted(tmp_path, folder)
    assert text.startswith(f"What was tuned could not be kept: {folder} could not be written")


def test_one_that_is_written_is_no_news(tmp_path: Path) -> None:
    assert noted(tmp_path, tmp_path / "kernels.json") == []
    assert (tmp_path / "kernels.json").is_file()
