"""Wrong use of a study is refused before anything is made or written over."""

from pathlib import Path

import pytest

from gapprof import cli
from gapprof.errors import ExitCode
from gapprof.study.kept import stem_of
from gapprof.study.run import TABLES


def test_a_readme_that_is_no_studys_is_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / TABLES).write_text("mine")
    asked = ["study", "--models", "zoo:resnet20", "--out", str(tmp_path)]
    assert cli.run(asked) is ExitCode.WRONG_USE
    assert "written over" in capsys.readouterr().err
    assert (tmp_path / TABLES).read_text() == "mine"


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ("zoo:nothing", "there is no zoo model called 'nothing'"),
        ("zoo:mobilenet2", "Did you mean mobilenetv2?"),
        ("nowhere.onnx", "there is no file nowhere.onnx"),
        (" , ", "--models names no model"),
        ("zoo:resnet20,zoo:resnet20", "files of the study would be called resnet20"),
        ("x" * 5000, "there is no file"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], models: str, words: str
) -> None:
    folder = tmp_path / "out"
    assert cli.run(["study", "--models", models, "--out", str(folder)]) is ExitCode.WRONG_USE
    assert words in capsys.readouterr().err
    assert not folder.exists()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("")
    asked = ["study", "--models", "zoo:resnet20", "--out", str(tmp_path / "out")]
    assert cli.run(asked) is ExitCode.WRONG_USE
    assert "--out" in capsys.readouterr().err


def test_names_of_files_are_safe() -> None:
    assert stem_of("zoo:ssd-mobilenetv2") == "ssd-mobilenetv2"
    assert stem_of("a folder/my model.onnx") == "my-model"
