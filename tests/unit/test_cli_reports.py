"""`compare`, `check` and a configured `explain` as a person meets them."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from gapprof import cli
from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.errors import ExitCode
from gapprof.explain.report import build
from gapprof.records import schema
from gapprof.records.codec import encode_entry, encode_report
from gapprof.records.report import Report
from tests.truth.recorder import record
from tests.unit.render import reports
from tests.unit.subject.drawing import drawn, relu, saved

FACTORS = {"native-threads": 1.5, "native-extended": 1.5, "native-128": 2.0, "web-worker": 1.3, "web": 1.2}
SLOWER = {**FACTORS, "web": 1.8}


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("GAPPROF_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("GAPPROF_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Report, str], Path]:
    def write(report: Report, name: str) -> Path:
        path = tmp_path / name
        path.write_bytes(encode_report(report))
        return path

    return write


def measured(factors: dict[str, float], seed: int) -> Report:
    return build(record(Machine(latency_ms=ladder_ms(factors), launch_noise=0.01, seed=seed)))


@pytest.fixture
def before(written: Callable[[Report, str], Path]) -> Path:
    return written(measured(FACTORS, 21), "before.json")


@pytest.fixture
def after(written: Callable[[Report, str], Path]) -> Path:
    return written(measured(SLOWER, 22), "after.json")


def run(*arguments: object) -> ExitCode:
    return cli.run([str(argument) for argument in arguments])


def told(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    found = capsys.readouterr()
    return found.out, found.err


def test_what_moved_is_the_first_sentence_and_the_first_row(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("compare", before, after) == ExitCode.OK
    out, err = told(capsys)
    assert out.startswith("The gap grew 1.5x, from ")
    assert "1.5x more is contention with the page" in " ".join(out.split())
    rows = out[out.index("\n   Why ") :].splitlines()
    assert "The page competes" in rows[2]
    assert "costs more" in rows[2]
    assert err == ""


def test_two_recordings_compare_like_their_reports(
    before: Path, after: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("compare", before, after, "--json", "-", "--quiet")
    expected = told(capsys)[0]
    paths = []
    for name, factors, seed in (("a", FACTORS, 21), ("b", SLOWER, 22)):
        recording = record(Machine(latency_ms=ladder_ms(factors), launch_noise=0.01, seed=seed))
        path = tmp_path / f"{name}.jsonl"
        path.write_bytes(b"".join(map(encode_entry, (recording.begin, *recording.entries))))
        paths.append(path)
    run("compare", *paths, "--json", "-", "--quiet")
    assert told(capsys)[0] == expected


def test_a_comparison_is_data_on_stdout_and_words_on_stderr(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("compare", before, after, "--json", "-") == ExitCode.OK
    out, err = told(capsys)
    shipped = json.loads(schema.PATH.with_name("comparison.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(out), shipped)
    assert err.startswith("The gap grew")


def test_a_comparison_goes_to_files(before: Path, after: Path, tmp_path: Path) -> None:
    files = ("--json", tmp_path / "c.json", "--markdown", tmp_path / "c.md")
    assert run("compare", before, after, *files) == ExitCode.OK
    assert json.loads((tmp_path / "c.json").read_text())["schema"] == "gapprof/comparison"
    assert (tmp_path / "c.md").read_text().startswith("**The gap grew 1.5x")


def test_strangers_are_refused_unless_told(
    before: Path, written: Callable[[Report, str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    other = measured(FACTORS, 23)
    path = written(replace(other, machine=replace(other.machine, cpu="Another")), "other.json")
    assert run("compare", before, path, "--json", "c.json") == ExitCode.WRONG_USE
    out, err = told(capsys)
    assert "processor Synthetic and Another" in err
    assert "--allow-different" in err
    assert out == ""
    assert not Path("c.json").exists()
    assert run("compare", before, path, "--allow-different") == ExitCode.OK
    assert "Not the same: processor was Synthetic and is Another." in " ".join(told(capsys)[0].split())


def test_no_comparison_is_written_over_its_reports(before: Path, after: Path) -> None:
    content = after.read_bytes()
    assert run("compare", before, after, "--json", after) == ExitCode.WRONG_USE
    assert after.read_bytes() == content


@pytest.mark.parametrize("command", ["compare", "check"])
def test_what_is_no_report_is_wrong_use(
    command: str, before: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("no.json").write_text("{}")
    arguments = (before, "no.json") if command == "compare" else ("no.json", "--max-ratio", 8)
    assert run(command, *arguments) == ExitCode.WRONG_USE
    assert "no.json is not a gapprof report" in told(capsys)[1]


def test_without_any_budget_there_is_nothing_to_check(
    before: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", before) == ExitCode.WRONG_USE
    assert "no budget" in told(capsys)[1]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--max-ratio", "8", "--max", "simd=4.5"), ExitCode.OK),
        (("--max-ratio", "2"), ExitCode.FAILED_CHECK),
        (("--max-ratio", "8", "--max", "simd=1.1"), ExitCode.FAILED_CHECK),
        (("--max", "web_ms=1000", "--max", "native_ms=1"), ExitCode.FAILED_CHECK),
        (("--max-ratio", "-1"), ExitCode.WRONG_USE),
        (("--max-ratio", "x"), ExitCode.WRONG_USE),
        (("--max", "simd"), ExitCode.WRONG_USE),
        (("--max", "smid=2"), ExitCode.WRONG_USE),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_budgets_may_be_options(before: Path, arguments: tuple[str, ...], code: ExitCode) -> None:
    assert run("check", before, *arguments) == code


PROJECT = """
[project]
name = "mine"
[tool.gapprof.budget]
total_ratio = {max = 2.0}
"factor.simd" = {max = 1.1, level = "warn"}
"""


def test_budgets_of_the_project_are_found_from_below(
    before: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("pyproject.toml").write_text(PROJECT)
    Path("deep/er").mkdir(parents=True)
    monkeypatch.chdir("deep/er")
    assert run("check", before, "-v") == ExitCode.FAILED_CHECK
    out = " ".join(told(capsys)[0].split())
    assert out.startswith("1 of 2 budgets failed: the gap ")
    assert "exceeded (warn)" in out
    assert "total_ratio, set by ../../pyproject.toml" in out


def test_an_option_counts_before_the_project(before: Path) -> None:
    Path("pyproject.toml").write_text(PROJECT)
    assert run("check", before, "--max-ratio", "20") == ExitCode.OK


def test_an_interval_that_reaches_below_the_limit_fails_only_when_strict(
    written: Callable[[Report, str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(reports.ok(), "ok.json")  # 7.30x [7.15, 7.44]
    assert run("check", path, "--max-ratio", "7.2") == ExitCode.OK
    assert "above the limit, but its interval reaches below it" in " ".join(told(capsys)[0].split())
    assert run("check", path, "--max-ratio", "7.2", "--strict") == ExitCode.FAILED_CHECK


@pytest.mark.parametrize(
    ("kind", "code"),
    [("failed", 4), ("unreliable", 5), ("outputs-differ", 6), ("partial", 7)],
)
def test_a_report_that_may_not_be_believed_ends_as_its_run_did(
    kind: str, code: int, written: Callable[[Report, str], Path]
) -> None:
    path = written(reports.EVERY[kind](), "x.json")
    assert run("check", path, "--max-ratio", "1000", "--json", "c.json", "--quiet") == code
    assert json.loads(Path("c.json").read_text())["exit_code"] == code


def test_noise_may_be_allowed(written: Callable[[Report, str], Path]) -> None:
    path = written(reports.unreliable(), "x.json")
    assert run("check", path, "--max-ratio", "1000", "--allow-noisy") == ExitCode.OK


def test_quiet_verdicts_are_data_alone(before: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", before, "--max-ratio", "2", "--json", "-", "--quiet") == ExitCode.FAILED_CHECK
    out, err = told(capsys)
    assert json.loads(out)["budgets"][0]["verdict"] == "exceeded"
    assert err == ""


@pytest.mark.parametrize("command", ["explain", "check"])
@pytest.mark.parametrize(
    ("text", "sentence", "hint"),
    [
        ("thread = 2", "gapprof.toml: there is no option called 'thread'", "Did you mean threads?"),
        ("threads = 1.5", "gapprof.toml: threads is 1.5", '"auto" or a whole number'),
        ("threads", "gapprof.toml is not TOML", "Mend it"),
        (
            "[budget]\nseconds = 9\ntotal_ration = {max = 3}",
            "gapprof.toml: there is no budget called 'total_ration'",
            "Did you mean total_ratio?",
        ),
        ('[budget]\n"factor.simd" = {most = 3}', "gapprof.toml: the budget factor.simd has no 'most'", "max"),
    ],
)
def test_a_wrong_file_ends_with_2_before_anything_is_done(
    command: str,
    text: str,
    sentence: str,
    hint: str,
    before: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("gapprof.toml").write_text(text)
    subject = before if command == "check" else saved(drawn([relu()]), tmp_path / "small.onnx")
    assert run(command, subject, "--json", "out.json") == ExitCode.WRONG_USE
    complaint, advice = told(capsys)[1].splitlines()
    assert complaint.startswith(f"gapprof: {sentence}")
    assert hint in advice
    assert not Path("out.json").exists()
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("budget = -1", "gapprof.toml: budget is -1.0"),
        ("page = 'nowhere.html'", "gapprof.toml: page nowhere.html is neither"),
        ("inputs = 'nowhere.npz'", "gapprof.toml: inputs nowhere.npz is no file"),
        ("json = 'no/such/x.json'", "gapprof.toml: json: the folder of no/such/x.json does not exist"),
    ],
)
def test_what_only_turns_out_wrong_later_still_names_the_file(
    text: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("gapprof.toml").write_text(text)
    assert run("explain", saved(drawn([relu()]), tmp_path / "small.onnx")) == ExitCode.WRONG_USE
    assert told(capsys)[1].startswith(f"gapprof: {sentence}")


def test_a_variable_that_names_no_option_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GAPPROF_THREAD", "two")
    Path("bad.onnx").write_bytes(b"not a model")
    assert run("explain", "bad.onnx") == ExitCode.MODEL_UNUSABLE
    assert "GAPPROF_THREAD" not in told(capsys)[1]


def test_a_variable_that_makes_no_sense_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GAPPROF_THREADS", "two")
    assert run("explain", "x.onnx") == ExitCode.WRONG_USE
    assert told(capsys)[1].startswith("gapprof: GAPPROF_THREADS: 'two' is neither auto nor a whole number")


def test_the_browser_of_the_environment_is_no_setting_of_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GAPPROF_BROWSER", "/bin/false")
    Path("bad.onnx").write_bytes(b"not a model")
    assert run("explain", "bad.onnx", "--json", "x.json", "--quiet") == ExitCode.MODEL_UNUSABLE
    assert json.loads(Path("x.json").read_text())["settings"]["browser"] is None


def test_the_origin_of_every_value_is_told_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("gapprof.toml").write_text("precision = 4")
    Path("bad.onnx").write_bytes(b"not a model")
    monkeypatch.setenv("GAPPROF_WHERE", "worker")
    assert run("explain", "bad.onnx", "--threads", "1", "-v") == ExitCode.MODEL_UNUSABLE
    err = told(capsys)[1]
    assert "--precision: set by gapprof.toml\n" in err
    assert "--where: set by GAPPROF_WHERE\n" in err
    assert "--threads: set by the command line\n" in err
    assert "--seed" not in err
