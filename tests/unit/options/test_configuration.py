"""What a file and the environment say to `explain`, and who counts before whom."""

import os
from pathlib import Path

import click
import pytest

from gapprof.commands.explain import COMMAND
from gapprof.errors import WrongUse
from gapprof.options.config_file import find_config
from gapprof.options.config_values import defaults_of, limits_table, long_options
from gapprof.options.configured import origins, variable
from gapprof.options.settings import settings_from


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GAPPROF_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "gapprof.toml") -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def parsed(*arguments: str) -> click.Context:
    return COMMAND.make_context("explain", ["x.onnx", *arguments])


def value(option: str, *arguments: str) -> object:
    context = parsed(*arguments)
    name = long_options(COMMAND)[option].name
    assert name is not None
    return context.params[name]


def test_without_a_file_everything_is_at_its_default() -> None:
    assert list(origins(parsed())) == []


def test_the_command_line_counts_before_the_environment_before_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert value("precision") == 5.0
    write("precision = 4")
    assert value("precision") == 4.0
    monkeypatch.setenv("GAPPROF_PRECISION", "3")
    assert value("precision") == 3.0
    assert value("precision", "--precision", "2") == 2.0


EXAMPLES = {
    "backend": ('"wasm"', "wasm", "wasm"),
    "threads": ("2", "2", 2),
    "where": ('"worker"', "worker", "worker"),
    "page": ('"busy"', "busy", "busy"),
    "tab": ('["http://a/", "http://b/"]', "http://a/ http://b/", ("http://a/", "http://b/")),
    "no-isolation": ("true", "1", True),
    "shape": ('["a=1,2", "b=3"]', "a=1,2 b=3", {"a": (1, 2), "b": (3,)}),
    "inputs": ('"x.npz"', "x.npz", "x.npz"),
    "browser": ('"chromium"', "chromium", "chromium"),
    "browser-arg": ('["--a", "--b=1"]', "--a --b=1", ("--a", "--b=1")),
    "js-flags": ('"--a --b"', "--a --b", ("--a", "--b")),
    "web-dist": ('"dist"', "dist", "dist"),
    "native-python": ('"python"', "python", "python"),
    "rungs": ('"main"', "main", "main"),
    "budget": ("30", "30", 30.0),
    "observed-ms": ("180.5", "180.5", 180.5),
    "precision": ("2.5", "2.5", 2.5),
    "seed": ("7", "7", 7),
    "allow-noisy": ("true", "yes", True),
    "verify": ("true", "1", True),
    "qoe": ("true", "1", True),
    "memory": ("true", "1", True),
    "cold": ("true", "1", True),
    "scaling": ("true", "1", True),
    "twins": ("true", "1", True),
    "transplant": ("true", "1", True),
    "instrument": ("true", "1", True),
    "json": ('"x.json"', "x.json", "x.json"),
    "markdown": ('"-"', "-", "-"),
    "recording": ('"x.jsonl"', "x.jsonl", "x.jsonl"),
    "quiet": ("true", "1", True),
    "verbose": ("true", "1", True),
    "no-color": ("true", "1", True),
}


def test_every_option_has_its_example() -> None:
    assert set(EXAMPLES) == set(long_options(COMMAND)) - {"help"}


@pytest.mark.parametrize("option", EXAMPLES)
def test_every_option_may_stand_in_a_file_or_in_the_environment(
    option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml, word, expected = EXAMPLES[option]
    assert value(option) != expected or option == "backend"
    write(f"{option} = {toml}")
    assert value(option) == expected
    assert dict(origins(parsed())) == {option: "gapprof.toml"}
    write("")
    monkeypatch.setenv(variable(option), word)
    assert value(option) == expected
    assert dict(origins(parsed())) == {option: variable(option)}


def test_an_empty_variable_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAPPROF_THREADS", "")
    assert value("threads") is None


def test_the_nearest_file_is_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    write("threads = 1\nseed = 5")
    write("threads = 2", "inner/gapprof.toml")
    Path("inner/deep").mkdir()
    monkeypatch.chdir("inner/deep")
    assert value("threads") == 2
    assert value("seed") == 0
    assert dict(origins(parsed())) == {"threads": str(Path("..", "gapprof.toml"))}


def test_a_project_file_that_does_not_speak_to_gapprof_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("[tool.gapprof]\nthreads = 3", "pyproject.toml")
    write("[project]\nname = 'x'", "inner/pyproject.toml")
    monkeypatch.chdir("inner")
    assert value("threads") == 3


def test_gapprofs_own_file_counts_before_the_projects_beside_it() -> None:
    write("[tool.gapprof]\nthreads = 3", "pyproject.toml")
    write("threads = 4")
    assert value("threads") == 4


def test_paths_are_meant_from_where_the_file_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    recording = (tmp_path / "x.jsonl").as_posix()
    write(f'page = "app/index.html"\nbrowser = "tools/chrome"\nrecording = "{recording}"\njson = "-"')
    Path("deep").mkdir()
    monkeypatch.chdir("deep")
    assert value("page") == str(Path("../app/index.html"))
    assert value("browser") == str(Path("../tools/chrome"))
    assert value("json") == "-"
    assert Path(str(value("recording"))).resolve() == Path(recording).resolve()


@pytest.mark.parametrize("page", ["quiet", "busy", "http://127.0.0.1:8000/x"])
def test_a_page_that_is_no_path_stays_as_it_is(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(f'page = "{page}"')
    Path("deep").mkdir()
    monkeypatch.chdir("deep")
    assert value("page") == page


@pytest.mark.parametrize(
    ("text", "sentence", "hint"),
    [
        ("thread = 2", "there is no option called 'thread'", "Did you mean threads?"),
        ("budget_s = 2", "there is no option called 'budget_s'", "Did you mean budget?"),
        ("help = true", "there is no option called 'help'", "There are: "),
        ("x.y = 2", "there is no option called 'x'", "There are: "),
        ("threads = 2.5", "threads is 2.5", '"auto" or a whole number'),
        ("threads = true", "threads is True", '"auto" or a whole number'),
        ("page = 3", "page is 3", "a string"),
        ("seed = 1.5", "seed is 1.5", "a whole number"),
        ("seed = '1'", "seed is '1'", "a whole number"),
        ("budget = '60'", "budget is '60'", "a number"),
        ("budget = true", "budget is True", "a number"),
        ("no-isolation = 'yes'", "no-isolation is 'yes'", "true or false"),
        ("no-isolation = 1", "no-isolation is 1", "true or false"),
        ("shape = [1, 2]", "shape is [1, 2]", "a list of strings"),
        ("browser-arg = {a = 1}", "browser-arg is {'a': 1}", "a list of strings"),
        ("seed = 2026-01-01", "seed is datetime.date", "a whole number"),
        ("[budget]\nseconds = '9'", "budget is '9'", "a number"),
        ("threads = 'two'", "threads: 'two' is neither auto nor a whole number", "gapprof explain --help"),
        ("where = 'both'", "where: 'both' is not one of", "gapprof explain --help"),
        ("shape = 'x'", "shape: 'x' is not NAME=1,3,224,224", "gapprof explain --help"),
        ("threads =", "gapprof.toml is not TOML", "Mend it"),
        ("budget = " + "9" * 400, "budget is 999", "a number"),
        ("[budget]\nseconds = -" + "9" * 400, "budget is -999", "a number"),
        ("seed = " + "9" * 5000, "gapprof.toml is not TOML", "Mend it"),
        ("a = " + "[" * 5000, "gapprof.toml is not TOML", "Mend it"),
    ],
)
def test_what_makes_no_sense_is_wrong_use_that_names_the_file(text: str, sentence: str, hint: str) -> None:
    write(text)
    with pytest.raises(WrongUse) as refused:
        COMMAND.make_context("gapprof explain", ["x.onnx"])
    assert refused.value.message.startswith("gapprof.toml")
    assert sentence in refused.value.message
    assert hint in refused.value.hint


def test_a_table_that_is_none_is_wrong_use() -> None:
    write("[tool]\ngapprof = 3", "pyproject.toml")
    with pytest.raises(WrongUse, match=r"tool\.gapprof is 3, not a table"):
        parsed()


def test_bytes_that_are_no_text_are_wrong_use() -> None:
    Path("gapprof.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(WrongUse, match="not TOML"):
        parsed()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_wrong_use() -> None:
    write("threads = 2").chmod(0)
    with pytest.raises(WrongUse, match="cannot be read"):
        parsed()


def test_help_is_given_whatever_the_file_says(capsys: pytest.CaptureFixture[str]) -> None:
    write("nonsense = 1")
    with pytest.raises(click.exceptions.Exit):
        COMMAND.make_context("explain", ["--help"])
    assert "Usage: explain" in capsys.readouterr().out


def test_limits_and_the_seconds_for_measuring_share_a_table() -> None:
    write('[budget]\nseconds = 30\ntotal_ratio = {max = 3}\n"factor.simd" = {max = 2}')
    config = find_config()
    assert config is not None
    assert defaults_of(config, COMMAND) == {"budget_s": 30}
    assert list(limits_table(config)) == ["total_ratio", "factor.simd"]


def test_a_number_of_seconds_is_no_table_of_limits() -> None:
    write("budget = 30")
    config = find_config()
    assert config is not None
    assert limits_table(config) == {}


def test_python_callers_are_told_nothing_by_a_file() -> None:
    write("threads = 2")
    assert settings_from({}).threads is None


@pytest.mark.skipif(os.name != "posix", reason="nobody can remove a working directory elsewhere")
def test_a_working_directory_that_is_gone_has_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("gone").mkdir()
    monkeypatch.chdir("gone")
    Path("../gone").rmdir()
    assert find_config() is None
    monkeypatch.chdir("/")
