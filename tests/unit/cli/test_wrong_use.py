"""Wrong use is told before anything is measured, and writes nothing."""

from pathlib import Path

import pytest

from gapprof.errors import ExitCode
from tests.unit.cli.command import run


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("explian", "x"), "no such command 'explian'"),
        (("explain",), "neither a MODEL nor a page that runs one"),
        (("explain", "--page", "busy"), "neither a MODEL nor a page that runs one"),
        (("explain", "--page", "http://localhost/", "--shape", "x=1"), "--shape goes with a MODEL"),
        (("explain", "--page", "http://localhost/", "--where", "worker"), "--where goes with a MODEL"),
        (("explain", "x", "--observed-ms", "0"), "--observed-ms is 0"),
        (("explain", "x", "--observed-ms", "nan"), "--observed-ms is nan"),
        (("explain", "x", "--threads", "two"), "neither auto nor a whole number"),
        (("explain", "x", "--threads", "0"), "--threads is 0"),
        (("explain", "x", "--shape", "x=1,a"), "is not NAME=1,3,224,224"),
        (("explain", "x", "--shape", "x=1", "--shape", "x=2"), "given twice"),
        (("explain", "x", "--js-flags", "liftoff-only"), "is not a flag"),
        (("explain", "x", "--js-flags", "--a 'b"), "cannot be split"),
        (("explain", "x", "--rungs", "native-12"), "no rung called 'native-12'"),
        (("explain", "x", "--backend", "webnn"), "not in this version"),
        (("explain", "x", "--budget", "0"), "--budget is 0"),
        (("explain", "x", "--budget", "minus"), "'minus' is not a number of seconds above 0, such as 60"),
        (("qoe", "x", "--budget", "1min"), "'1min' is not a number of seconds above 0, such as 60"),
        (("study", "--out", "x", "--budget", ""), "'' is not a number of seconds above 0, such as 60"),
        (("explain", "x", "--precision", "5%"), "'5%' is not a number of percent above 0 and at most 100"),
        (("explain", "x", "--observed-ms", "slow"), "'slow' is not a number of milliseconds above 0"),
        (("explain", "x", "--seed", "-1"), "'-1' is not a whole number, 0 or above, such as 7"),
        (("explain", "x", "--seed", "1.5"), "'1.5' is not a whole number, 0 or above, such as 7"),
        (("check", "x", "--max-ratio", "much"), "'much' is not a number of times, such as 4.5"),
        (("kernels", "x", "--rounds", "1"), "'1' is not a whole number from 2 to 100, such as 5"),
        (("kernels", "x", "--rounds", "few"), "'few' is not a whole number from 2 to 100, such as 5"),
        (("explain", "x", "--where", "both"), "--where"),
        (("explain", "x", "--page", "nowhere.html"), "--page nowhere.html"),
        (("explain", "x", "--tab", "nowhere.html"), "--tab nowhere.html is no URL, and no file here"),
        (("explain", "x", "--tab", "busy"), "--tab busy is no URL"),
        (("explain", "x", "--inputs", "nowhere.npz"), "--inputs nowhere.npz"),
        (("explain", "x", "--nonsense"), "no such option"),
        (("explain", "x", "--json", "-", "--markdown", "-"), "two reports are to go to stdout"),
        (("explain", "x", "--json", "no/such/folder/x.json"), "does not exist"),
        (("explain", "x", "--recording", "no/such/folder/x.jsonl"), "does not exist"),
        (("explain", "no-such-model.onnx"), "no-such-model.onnx"),
        (("explain", "zoo:nonsense"), "no zoo model called 'nonsense'"),
        (("analyze", "no-such.jsonl"), "no-such.jsonl cannot be read"),
        (("zoo", "build", "nonsense"), "no zoo model called 'nonsense'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_use_is_one_sentence_and_a_hint_and_ends_with_2(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == ExitCode.WRONG_USE
    told = capsys.readouterr()
    complaint, hint = told.err.removesuffix("\n").split("\n")
    assert complaint.startswith("gapprof: ")
    assert sentence in complaint
    assert hint.startswith("  ")
    assert told.out == ""


def test_wrong_use_writes_nothing_at_all(tmp_path: Path, model: Path) -> None:
    assert (
        run("explain", model, "--json", tmp_path / "x.json", "--shape", "nonsense=1,2") == ExitCode.WRONG_USE
    )
    assert not (tmp_path / "x.json").exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no such file system here")
@pytest.mark.parametrize("option", ["--json", "--markdown", "--recording"])
def test_a_disk_that_takes_no_files_is_found_before_measuring(
    option: str, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("explain", model, option, "/proc/new") == ExitCode.WRONG_USE
    assert f"{option}: /proc/new cannot be written" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_recording_is_a_file_since_it_is_read_again(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("explain", model, "--recording", "/dev/full") == ExitCode.WRONG_USE
    assert "/dev/full is a device or a pipe" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--json", "--markdown", "--recording"])
def test_no_output_may_be_written_over_the_model(model: Path, option: str) -> None:
    before = model.read_bytes()
    assert run("explain", model, option, model) == ExitCode.WRONG_USE
    assert model.read_bytes() == before


def test_no_report_may_be_written_over_its_recording(run_file: Path) -> None:
    before = run_file.read_bytes()
    assert run("analyze", run_file, "--json", run_file) == ExitCode.WRONG_USE
    assert run_file.read_bytes() == before
