"""Stages of `explain` that a flag asks for, from the command line to the report."""

import json
from pathlib import Path

import pytest

from gapprof.digest.scaling import HEADING
from gapprof.errors import ExitCode
from tests.unit.cli.command import run
from tests.unit.measure.whole_command import WHOLE, on_given_pages


@pytest.mark.parametrize("option", ["qoe", "scaling", "cold", "memory"])
def test_a_flag_asks_for_its_stage_and_for_no_other(option: str, tmp_path: Path) -> None:
    """Of a file that is no model: what was asked for is told all the same."""
    (tmp_path / "bad.onnx").write_bytes(b"not a model at all")
    path = tmp_path / "x.json"
    asked = []
    for flags in ((), (f"--{option}",)):
        arguments = ("explain", tmp_path / "bad.onnx", *flags, "--json", path, "--quiet")
        assert run(*arguments) == ExitCode.MODEL_UNUSABLE
        asked.append(json.loads(path.read_bytes())["settings"])
    without, with_it = asked
    assert {name for name in without if without[name] != with_it[name]} == {option}
    assert with_it[option] is True


def test_scaling_that_a_flag_asks_for_is_measured_and_told(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    arguments = ("--rungs", "ends", "--allow-noisy", "--json", path, "--recording", tmp_path / "x.jsonl")
    with on_given_pages(WHOLE):
        code = run("explain", model, "--scaling", *arguments)
    assert code in (ExitCode.OK, ExitCode.PARTIAL)
    scaling = json.loads(path.read_bytes())["scaling"]
    assert {cell["side"] for cell in scaling["cells"] if cell["ms"] is not None} == {"native", "web"}
    assert scaling["deployed"] in {cell["id"] for cell in scaling["cells"]}
    assert HEADING in capsys.readouterr().out
