from pathlib import Path

from msgspec.structs import replace

from gapprof.records.job import Chain
from gapprof.records.lattice import Cell
from gapprof.records.subject import StagedModel, Subject
from gapprof.study.form import in_one_form
from gapprof.subject import limits
from tests.truth.recorder import begin
from tests.unit.subject.drawing import drawn, relu, saved, with_external_data

SERVED = Cell(side="web", threads=1, where="main", isolated=True, build="served")
CELLS = (Cell(side="native", threads=1), SERVED, replace(SERVED, build="1.18-scalar"))


def subject(model: StagedModel) -> Subject:
    folder = model.path.parent
    return Subject(
        facts=begin().model,
        original=model,
        common=model,
        inputs_path=folder / "inputs.npz",
        other_inputs_path=folder / "other.npz",
        chain=Chain(path="chain.onnx", nodes=2, first_link_path="first_link.onnx"),
    )


def test_cells_that_cannot_all_mount_external_data_load_one_file_all_of_them(tmp_path: Path) -> None:
    given = subject(with_external_data(tmp_path / "original"))
    loaded = in_one_form(given, CELLS)
    assert loaded.original.external_data == ()
    assert loaded.original.path.is_file()
    assert loaded.common == given.common


def test_cells_that_all_can_load_the_model_as_it_was_given(tmp_path: Path) -> None:
    given = subject(with_external_data(tmp_path / "original"))
    assert in_one_form(given, CELLS[:2]) == given
    assert [folder.name for folder in tmp_path.iterdir()] == ["original"]


def test_a_model_in_one_file_is_loaded_as_it_was_given(tmp_path: Path) -> None:
    given = subject(StagedModel(path=saved(drawn([relu()]), tmp_path / "m.onnx")))
    assert in_one_form(given, CELLS) == given


def test_a_model_too_large_for_one_file_stays_for_the_cells_that_can_load_it(tmp_path: Path) -> None:
    given = subject(with_external_data(tmp_path / "original"))
    with (given.original.path.parent / "m.data").open("r+b") as data:
        data.truncate(limits.GRAPH_FILE_BYTES)
    assert in_one_form(given, CELLS) == given
