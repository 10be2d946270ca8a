"""The command as a person meets it: what it says, where it says it, and how it ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from gapprof import analyze, cli
from gapprof.backends.synthetic import Machine, PlantedFailure, ladder_ms
from gapprof.errors import ExitCode
from gapprof.options.outputs import file_formats
from gapprof.records import schema
from gapprof.records.codec import encode_entry
from gapprof.records.recording import Recording
from tests.truth.recorder import record
from tests.unit.subject.drawing import drawn, relu, saved

FACTORS = {
    "native-extended": 2.0,
    "native-all-128": 3.8,
    "native-128": 2.4,
    "web-worker": 1.4,
    "web-busy": 1.5,
}


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing fetched, no recording of anybody else, no word of the tester's own terminal."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "GAPPROF_BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("GAPPROF_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return saved(drawn([relu()]), tmp_path / "small.onnx")


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[[Recording], Path]:
    def write(recording: Recording, name: str = "run.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(b"".join(map(encode_entry, (recording.begin, *recording.entries))))
        return path

    return write


@pytest.fixture
def run_file(recorded: Callable[[Recording], Path]) -> Path:
    return recorded(record(Machine(latency_ms=ladder_ms(FACTORS), noise=0.01, launch_noise=0.01)))


def run(*arguments: object) -> ExitCode:
    return cli.run([str(argument) for argument in arguments])


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


def test_a_file_that_is_no_model_ends_with_4_and_still_writes_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"not a model at all")
    path = tmp_path / "x.json"
    assert run("explain", tmp_path / "bad.onnx", "--json", path, "--quiet") == ExitCode.MODEL_UNUSABLE
    document = json.loads(path.read_bytes())
    jsonschema.validate(document, json.loads(schema.schema_text()))
    assert document["status"] == "failed"
    assert document["status_why"] in capsys.readouterr().err
    assert document["model"]["parameters"] is None
    assert [cause["verdict"] for cause in document["causes"]] == ["not-measured"] * 6


def test_without_onnxruntime_web_it_ends_with_3_and_still_writes_the_report(
    tmp_path: Path, model: Path
) -> None:
    path = tmp_path / "x.json"
    assert run("explain", model, "--json", path, "--quiet") == ExitCode.ENVIRONMENT_UNUSABLE
    assert json.loads(path.read_bytes())["status"] == "failed"


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


def test_the_end_of_the_recorded_run_decides_how_analyze_ends(
    recorded: Callable[[Recording], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(latency_ms=ladder_ms(FACTORS), noise=0.01)
    assert run("analyze", recorded(record(machine, ended="interrupted"))) == ExitCode.INTERRUPTED
    assert "what was measured until then" in capsys.readouterr().err


def test_a_side_that_cannot_run_the_model_gives_the_other_sides_report(
    recorded: Callable[[Recording], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    web = [rung for rung in ladder_ms({}) if rung.startswith("web")]
    failures = tuple(
        PlantedFailure(rung=rung, message="no kernel for Foo in node foo_1", kind="model", phase="create")
        for rung in web
    )
    path = recorded(record(Machine(failures=failures), passes=False))
    assert run("analyze", path, "--json", "-") == ExitCode.MODEL_UNUSABLE
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert document["gap"]["ratio"] is None
    assert document["latency_ms"]["native"]["point"] == pytest.approx(10.0)
    assert "node foo_1" in told.err


def test_noise_that_was_allowed_is_still_called_noise(
    recorded: Callable[[Recording], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    noisy = record(Machine(latency_ms=ladder_ms(FACTORS), launch_noise=0.5), rounds=3)
    assert run("analyze", recorded(noisy)) == ExitCode.UNRELIABLE
    allowed = replace(
        noisy, begin=replace(noisy.begin, settings=replace(noisy.begin.settings, allow_noisy=True))
    )
    capsys.readouterr()
    assert run("analyze", recorded(allowed)) == ExitCode.OK
    assert "UNRELIABLE" in capsys.readouterr().out


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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_being_told_to_stop_is_no_traceback_but_130(tmp_path: Path, number: signal.Signals) -> None:
    pipe = tmp_path / "recording.jsonl"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "gapprof", "analyze", str(pipe)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process, pipe.open("wb"):
        # Opening the pipe succeeds when gapprof reads from it, so it is in the middle of its work now.
        process.send_signal(number)
        assert process.stderr is not None
        assert process.stderr.read().strip() == "gapprof: interrupted"
        assert process.wait(timeout=60) == ExitCode.INTERRUPTED


def test_help_imports_nothing_heavy() -> None:
    script = "import sys; from gapprof import cli; cli.run(['--help']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stdout.rpartition("\n\n")[2].split())
    assert not loaded & {"numpy", "onnx", "onnxruntime", "pandas", "pyppeteer", "rich", "scipy"}


def test_a_reader_that_goes_away_is_no_error(run_file: Path) -> None:
    command = [sys.executable, "-m", "gapprof", "analyze", str(run_file), "-v"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("data", [(), ("--json", "-", "--quiet")], ids=["words", "data"])
def test_a_full_disk_behind_stdout_is_one_sentence_and_3(run_file: Path, data: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "gapprof", "analyze", str(run_file), *data]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == ExitCode.ENVIRONMENT_UNUSABLE
    assert done.stderr.decode().startswith("gapprof: stdout could not be written")
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_deaf_stderr_changes_no_exit_code() -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "gapprof", "nonsense"]
        done = subprocess.run(command, stderr=full, timeout=60, check=False)
    assert done.returncode == ExitCode.WRONG_USE


@pytest.mark.skipif(os.name != "posix", reason="a POSIX shell closes streams so")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_error(run_file: Path, tmp_path: Path, closed: str) -> None:
    path = tmp_path / "x.json"
    words = [sys.executable, "-m", "gapprof", "analyze", str(run_file), "--json", str(path)]
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *words], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert json.loads(path.read_bytes())["status"] == "ok"


def test_a_stream_that_knows_ascii_alone_is_served(run_file: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "gapprof", "analyze", str(run_file), "-v"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True, env=environment)
    assert done.stdout.isascii()
    assert b"slower in the browser" in done.stdout
