"""What of `explain`'s configuration counts for the commands beside it."""

import os
from pathlib import Path

import click
import pytest

from gapprof.commands import explain, kernels, qoe, selftest, study
from gapprof.errors import WrongUse
from gapprof.options.config_values import COMMON, common_options, long_options

COMMANDS = {
    "qoe": (qoe.COMMAND, ("x.onnx",)),
    "kernels": (kernels.COMMAND, ("x.onnx",)),
    "study": (study.COMMAND, ("--out", "x")),
    "selftest": (selftest.COMMAND, ()),
}
EVERY = pytest.mark.parametrize("name", COMMANDS)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GAPPROF_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def said(name: str, *arguments: str) -> dict[str, object]:
    command, needed = COMMANDS[name]
    context: click.Context = command.make_context(f"gapprof {name}", [*needed, *arguments])
    return context.params


def write(text: str) -> None:
    Path("gapprof.toml").write_text(text, encoding="utf-8")


@EVERY
def test_the_files_browser_is_every_commands(name: str) -> None:
    assert said(name)["browser"] is None
    write('browser = "tools/chrome"')
    assert said(name)["browser"] == str(Path("tools/chrome"))
    assert said(name, "--browser", "mine")["browser"] == "mine"


@EVERY
def test_the_environments_browser_counts_before_the_files(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """None: whoever looks for a browser asks the environment there."""
    write('browser = "tools/chrome"')
    monkeypatch.setenv("GAPPROF_BROWSER", "another")
    assert said(name)["browser"] is None


@EVERY
def test_all_that_describes_machine_page_and_model_is_taken_from_both(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml = {"threads": "3", "page": '"busy"', "shape": '"a=1,2"', "inputs": '"x.npz"', "seed": "7"}
    words = {"threads": "4", "page": "x.html", "shape": "b=3", "inputs": "y.npz", "seed": "8"}
    write("\n".join(f"{key} = {value}" for key, value in toml.items()))
    by_file = {"threads": 3, "page": "busy", "shape": {"a": (1, 2)}, "inputs": "x.npz", "seed": 7}
    by_word = {"threads": 4, "page": "x.html", "shape": {"b": (3,)}, "inputs": "y.npz", "seed": 8}
    options = common_options(COMMANDS[name][0])
    assert {"browser", "seed"} <= options.keys() <= COMMON
    for key in options.keys() - {"browser"}:
        assert said(name)[str(options[key].name)] == by_file[key]
        monkeypatch.setenv(f"GAPPROF_{key.upper()}", words[key])
        assert said(name)[str(options[key].name)] == by_word[key]


@EVERY
def test_what_is_meant_for_one_run_of_explain_leaves_the_others_as_they_are(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = said(name)
    write(
        'budget = 5\njson = "x.json"\nrecording = "x.jsonl"\nquiet = true\nbackend = "webgpu"\nverify = true'
    )
    for key in ("BUDGET", "JSON", "RECORDING", "QUIET", "BACKEND", "MODELS", "OUT", "ROUNDS"):
        monkeypatch.setenv(f"GAPPROF_{key}", "9")
    assert said(name) == usual


@EVERY
def test_a_key_that_explain_does_not_know_is_wrong_use(name: str) -> None:
    write("brwoser = 'x'")
    with pytest.raises(WrongUse, match="no option called 'brwoser'") as refused:
        said(name)
    assert refused.value.hint == "Did you mean browser?"


@EVERY
def test_help_is_given_whatever_the_file_says(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    write("nonsense = 1")
    with pytest.raises(click.exceptions.Exit):
        said(name, "--help")
    assert "Usage: " in capsys.readouterr().out


def test_a_wrong_value_is_blamed_on_the_file() -> None:
    write("threads = 'two'")
    with pytest.raises(WrongUse, match=r"gapprof\.toml: threads: 'two' is neither auto"):
        said("qoe")


def test_what_they_share_is_the_same_option_everywhere() -> None:
    whole = long_options(explain.COMMAND)
    for command, _ in COMMANDS.values():
        for key, option in common_options(command).items():
            assert (option.name, option.multiple, option.is_flag) == (
                whole[key].name,
                whole[key].multiple,
                whole[key].is_flag,
            )
