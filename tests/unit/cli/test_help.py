"""What the command says of itself, and what it takes to say it."""

import subprocess
import sys
from pathlib import Path

import pytest

from gapprof.errors import ExitCode
from gapprof.options.outputs import file_formats
from tests.unit.cli.command import run


def test_help_lists_the_commands_that_work_and_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    told = capsys.readouterr().out
    for command in ("analyze", "check", "compare", "doctor", "explain", "selftest", "setup", "zoo"):
        assert f"\n  {command} " in told


@pytest.mark.parametrize(
    "command",
    ["", "analyze", "check", "compare", "doctor", "explain", "selftest", "setup", "zoo", "zoo build"],
)
def test_help_is_plain_ascii(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*command.split(), "--help") == 0
    assert capsys.readouterr().out.isascii()


def test_no_command_at_all_is_a_call_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert "Usage: gapprof" in capsys.readouterr().out


def test_every_report_format_that_is_a_file_has_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("explain", "analyze"):
        assert run(command, "--help") == 0
        told = capsys.readouterr().out
        assert set(file_formats()) == {"json", "markdown"}
        assert all(f"--{name} FILE|-" in told for name in file_formats())


def test_options_of_later_versions_are_not_offered(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "--help") == 0
    told = capsys.readouterr().out
    assert not [word for word in ("--html", "--trace") if word in told]


def test_the_zoo_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("zoo") == run("zoo", "list") == ExitCode.OK
    assert "mobilenetv2 " in capsys.readouterr().out


def test_setup_never_fetches_unasked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """There is no terminal to ask on in a test."""
    assert run("setup") == ExitCode.WRONG_USE
    told = capsys.readouterr()
    assert "onnxruntime-web" in told.out
    assert "--yes" in told.err
    assert not (tmp_path / "cache").exists()


def test_help_imports_nothing_heavy() -> None:
    script = "import sys; from gapprof import cli; cli.run(['--help']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=True
    )
    loaded = set(done.stdout.rpartition("\n\n")[2].split())
    assert not loaded & {"numpy", "onnx", "onnxruntime", "pandas", "pyppeteer", "rich", "scipy"}
