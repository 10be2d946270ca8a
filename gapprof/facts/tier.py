"""Browser flags that are known to keep wasm from being optimised."""

from gapprof.facts.case import Case
from gapprof.facts.cells import counting

_BASELINE = frozenset({"--liftoff-only", "--no-wasm-dynamic-tiering", "--jitless"})
"""Measured in Chromium 156: the first two cost 1.8 to 5.6 times; --no-wasm-tier-up did nothing there."""


def given_flags(case: Case) -> tuple[str, ...]:
    """V8 flags as the user gave them, whether by --js-flags or inside --browser-arg."""
    settings = case.recording.begin.settings
    nested = [
        flag
        for argument in settings.browser_args
        if argument.startswith("--js-flags=")
        for flag in argument.removeprefix("--js-flags=").strip("\"'").split()
    ]
    return (*settings.js_flags, *nested)


def baseline_flags(case: Case) -> tuple[str, ...]:
    """Those that hold wasm in the baseline tier; V8 takes `_` for `-` and ignores what it does not know."""
    ignored = {flag for trial in case.get(counting) for flag in trial.seen.rejected_flags}
    return tuple(
        flag for flag in given_flags(case) if flag.replace("_", "-") in _BASELINE and flag not in ignored
    )
