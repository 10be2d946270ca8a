"""The browser's command line and environment, and what the browser said about them."""

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from gapprof.errors import WrongUse
from gapprof.records.gpu import BY_SOFTWARE

_NO_SANDBOX = (
    "Chromium ran without its sandbox here, because {why}; measure only pages and models that you trust."
)
_HEADLESS = "Chromium ran headless, without a {lacking}: what a page draws may cost more or less in a window."
NO_GPU = ("--disable-gpu",)
"""What draws and computes is software, the same in every visit; `gapprof.gpu.graphics` has the others."""
_STEADY = (
    "--headless=new",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-breakpad",
    # Suggestions of an address bar that nobody types into: a renderer of their own, and 0.8 s of CPU time
    # in every visit (Chromium 156).
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    "--mute-audio",
    "--enable-automation",  # without it Browser.getBrowserCommandLine tells nothing
    "--password-store=basic",
    "--use-mock-keychain",
)
_LISTS = {
    "--js-flags": " ",
    **dict.fromkeys(("--enable-features", "--disable-features"), ","),
    **dict.fromkeys(("--enable-dawn-features", "--disable-dawn-features"), ","),
}
"""Switches that hold a list, of which the browser would take the last only."""
_OURS = ("--user-data-dir", "--remote-debugging-port", "--remote-debugging-pipe")
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")
_LONGEST_TMPDIR = 107 - len("/org.chromium.Chromium./SingletonSocket") - 6
"""Addresses of Unix sockets have room for 107 bytes; the browser adds six letters of its own, by mkdtemp."""
_LOOPBACK = "127.0.0.1,localhost"
_UNKNOWN = re.compile(r"unrecognized flag (-\S+)|remaining arguments were ignored: (.*)")


def command_line(
    executable: Path,
    *,
    profile: Path,
    js_flags: Sequence[str] = (),
    browser_args: Sequence[str] = (),
    extra: Sequence[str] = (),
    graphics: Sequence[str] = NO_GPU,
) -> list[str]:
    """Everything to start the browser with. `graphics`: what it has for a GPU."""
    sandbox = ("--no-sandbox",) if why_no_sandbox() else ()
    flags = (f"--js-flags={' '.join(js_flags)}",) if js_flags else ()
    own = (f"--user-data-dir={profile}", "--remote-debugging-port=0")
    return [
        str(executable),
        *_merged([*_STEADY, *graphics, *sandbox, *own, *extra, *flags, *browser_args]),
        "about:blank",
    ]


def check(browser_args: Iterable[str]) -> None:
    """Raises WrongUse for an argument of the user's that cannot work here."""
    for argument in browser_args:
        name = argument.partition("=")[0]
        if name in _OURS:
            raise WrongUse(
                f"--browser-arg {argument} cannot be used: gapprof sets {name} itself",
                hint="Leave it out; every trial gets a fresh profile and a private DevTools port.",
            )
        if not name.startswith("-"):
            raise WrongUse(
                f"--browser-arg {argument} is no switch but would be opened as a page",
                hint="Switches begin with two dashes: --browser-arg=--disable-gpu",
            )


def environment(outer: Mapping[str, str], *, profile: Path, marker: Mapping[str, str]) -> dict[str, str]:
    """The user's environment, with temporary files inside the profile and no proxy for loopback."""
    return {
        **outer,
        **marker,
        "TMPDIR": _temporary(profile),
        "BREAKPAD_DUMP_LOCATION": str(profile),  # crash reports, else in the user's configuration folder
        "GSETTINGS_BACKEND": "memory",  # dconf would write to the user's cache folder
        **{name: ",".join(filter(None, (outer.get(name), _LOOPBACK))) for name in ("no_proxy", "NO_PROXY")},
    }


def warnings_of(arguments: Collection[str]) -> tuple[str, ...]:
    """What the user should know about a browser that ran with this command line."""
    why = why_no_sandbox()
    reason = f"gapprof runs {why}" if why else "--browser-arg asked for it"
    sandbox = (_NO_SANDBOX.format(why=reason),) if "--no-sandbox" in arguments else ()
    headless = any(argument.partition("=")[0] == "--headless" for argument in arguments)
    lacking = "screen and a GPU" if BY_SOFTWARE.intersection(arguments) else "screen"
    return sandbox + ((_HEADLESS.format(lacking=lacking),) if headless else ())


def why_no_sandbox() -> str | None:
    """Chromium's sandbox does not start as root nor, mostly, in a container; None: it is on."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return "as root"
    if any(Path(mark).exists() for mark in _CONTAINER_MARKS):
        return "in a container"
    return None


def rejected_flags(stderr: str) -> tuple[str, ...]:
    """V8 flags that did nothing: the engine stops at the first that it does not know."""
    words: dict[str, None] = {}
    for unknown, ignored in _UNKNOWN.findall(stderr):
        words.update(dict.fromkeys([unknown] if unknown else ignored.split()))
    return tuple(words)


def _temporary(profile: Path) -> str:
    """The profile, unless its path is too long for the socket that the browser makes there."""
    return str(profile if len(str(profile)) <= _LONGEST_TMPDIR else profile.parent)


def _merged(arguments: Iterable[str]) -> list[str]:
    kept: dict[str, str] = {}
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name in _LISTS and name in kept:
            kept[name] += _LISTS[name] + value
        else:
            kept[name if name in _LISTS else argument] = argument
    return list(kept.values())
