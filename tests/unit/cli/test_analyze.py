"""What `analyze` says of a run, where it says it, and that it says the same every time."""

import json
from pathlib import Path

import pytest

from gapprof import analyze
from gapprof.errors import ExitCode
from tests.unit.cli.command import run


def test_analyze_gives_the_report_of_the_run(run_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("analyze", run_file) == ExitCode.OK
    told = capsys.readouterr()
    assert "slower in the browser" in told.out
    assert told.err == ""


def test_analyze_gives_the_same_bytes_every_time(tmp_path: Path, run_file: Path) -> None:
    for name in ("a", "b"):
        outputs = ("--json", tmp_path / f"{name}.json", "--markdown", tmp_path / f"{name}.md", "--quiet")
        assert run("analyze", run_file, *outputs) == ExitCode.OK
    for suffix in ("json", "md"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_data_goes_to_stdout_and_words_to_stderr(run_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("analyze", run_file, "--json", "-") == ExitCode.OK
    told = capsys.readouterr()
    assert json.loads(told.out)["schema"] == "gapprof/report"
    assert "slower in the browser" in told.err


def test_quiet_leaves_only_the_data(run_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("analyze", run_file, "--json", "-", "--quiet") == ExitCode.OK
    assert capsys.readouterr().err == ""


def test_verbose_shows_more(run_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("analyze", run_file)
    short = capsys.readouterr().out
    run("analyze", run_file, "-v")
    assert "Ladder" in capsys.readouterr().out.replace(short, "")


def test_python_and_the_command_line_agree(run_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("analyze", run_file, "--json", "-", "--quiet")
    assert json.loads(capsys.readouterr().out)["headline"] == analyze(run_file).headline


@pytest.mark.parametrize(
    ("variables", "arguments", "coloured"),
    [
        ({}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
        ({"FORCE_COLOR": "1"}, ("--no-color",), False),
    ],
    ids=str,
)
def test_colour_is_as_the_user_said(
    variables: dict[str, str],
    arguments: tuple[str, ...],
    coloured: bool,
    run_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    run("analyze", run_file, *arguments)
    assert ("\x1b[" in capsys.readouterr().out) is coloured
