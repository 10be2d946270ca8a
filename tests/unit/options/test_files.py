"""Nothing that the user gave is written over, whichever command was asked."""

from pathlib import Path

import pytest

from gapprof.cli import run
from gapprof.errors import ExitCode, WrongUse
from gapprof.options.files import precious, refuse_over
from gapprof.records.settings import Settings


def test_every_file_of_the_users_is_known_by_its_role() -> None:
    settings = Settings(inputs="in.npz", page="app.html", tabs=("one.html", "two.html"))
    assert precious("m.onnx", settings) == {
        "model": Path("m.onnx"),
        "inputs": Path("in.npz"),
        "page": Path("app.html"),
        "tab 1": Path("one.html"),
        "tab 2": Path("two.html"),
    }
    assert "model" not in precious(None, settings)


def test_a_recording_goes_over_none_of_them(tmp_path: Path) -> None:
    model = tmp_path / "m.onnx"
    model.write_bytes(b"weights")
    with pytest.raises(WrongUse, match="would write over the model"):
        refuse_over(model, {"model": model})
    with pytest.raises(WrongUse, match="is a device or a pipe"):
        refuse_over(Path("/dev/null"), {})
    refuse_over(tmp_path / "new.jsonl", {"model": model})


@pytest.mark.parametrize("command", ["explain", "qoe"])
@pytest.mark.parametrize("option", ["--recording", "--json"])
def test_both_commands_keep_to_it(
    command: str, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.onnx"
    model.write_bytes(b"weights")
    assert run([command, str(model), option, str(model)]) is ExitCode.WRONG_USE
    assert "would write over the model" in capsys.readouterr().err
    assert model.read_bytes() == b"weights"
