from pathlib import Path

import pytest

from gapprof.browser import flags
from gapprof.errors import WrongUse
from gapprof.gpu import graphics

PROFILE = Path("/somewhere/profile")


def line(**options: tuple[str, ...]) -> list[str]:
    return flags.command_line(Path("/usr/bin/browser"), profile=PROFILE, **options)


def test_v8_flags_travel_as_one_argument() -> None:
    assert "--js-flags=--liftoff-only --no-wasm-stack-checks" in line(
        js_flags=("--liftoff-only", "--no-wasm-stack-checks")
    )


def test_lists_of_which_the_browser_would_take_the_last_are_joined() -> None:
    asked = line(
        js_flags=("--a",),
        extra=("--disable-features=One",),
        browser_args=("--disable-features=Two,Three", "--js-flags=--b", "--window-size=100,100"),
    )
    assert [word for word in asked if word.startswith("--disable-features")] == [
        "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,One,Two,Three"
    ]
    assert [word for word in asked if word.startswith("--js-flags")] == ["--js-flags=--a --b"]
    assert "--window-size=100,100" in asked
    assert asked[-1] == "about:blank"


@pytest.mark.parametrize(
    "argument", ["--user-data-dir=/home/me", "--remote-debugging-port=9222", "https://example.com"]
)
def test_arguments_that_would_break_a_trial_are_wrong_use(argument: str) -> None:
    with pytest.raises(WrongUse) as caught:
        flags.check([argument])
    assert argument in caught.value.message
    assert caught.value.hint


def test_loopback_never_goes_through_a_proxy() -> None:
    outer = {"http_proxy": "http://proxy:3128", "no_proxy": "example.com"}
    inner = flags.environment(outer, profile=PROFILE, marker={"M": "1"})
    assert inner["no_proxy"] == "example.com,127.0.0.1,localhost"
    assert inner["NO_PROXY"] == "127.0.0.1,localhost"
    assert inner["http_proxy"] == "http://proxy:3128"
    assert inner["M"] == "1"


def test_temporary_files_go_into_the_profile_unless_its_path_is_too_long_for_a_socket() -> None:
    long = Path("/") / ("x" * 40) / ("y" * 40)
    assert flags.environment({}, profile=PROFILE, marker={})["TMPDIR"] == str(PROFILE)
    assert flags.environment({}, profile=long, marker={})["TMPDIR"] == str(long.parent)


def test_flags_that_v8_did_not_take_are_read_off_stderr_once() -> None:
    said = (
        "Error: unrecognized flag --no-such\n"
        "The remaining arguments were ignored: --liftoff-only --b\n"
        "Try --help for options\n"
    ) * 3
    assert flags.rejected_flags("noise\n" + said) == ("--no-such", "--liftoff-only", "--b")
    assert flags.rejected_flags("DevTools listening on ws://x\n") == ()


def test_a_browser_without_sandbox_or_window_is_warned_of() -> None:
    assert flags.warnings_of(["--mute-audio"]) == ()
    sandbox, headless = flags.warnings_of(["--no-sandbox", "--headless=new"])
    assert "sandbox" in sandbox
    assert "headless" in headless


@pytest.mark.parametrize(
    ("arguments", "lacking"),
    [
        (("--disable-gpu",), "without a screen and a GPU:"),
        (graphics.software(Path("chromium")).browser_args, "without a screen and a GPU:"),
        (graphics.hardware().browser_args, "without a screen:"),
    ],
)
def test_a_browser_that_has_a_gpu_is_not_said_to_have_none(arguments: tuple[str, ...], lacking: str) -> None:
    (headless,) = flags.warnings_of(["--headless=new", *arguments])
    assert lacking in headless
