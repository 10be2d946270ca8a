"""The arguments that a session was made with, under onnxruntime-web's own names. Pure.

Source: `setSessionOptions` in `lib/wasm/session-options.ts` of onnxruntime-web 1.30.0; 1.18 is the same.
"""

from collections.abc import Iterator

from gapprof.records.observed import ObservedOption
from gapprof.watch.heard import SessionLine

_LEVELS = {0: "disabled", 1: "basic", 2: "extended", 3: "layout", 99: "all"}
_MODES = {0: "sequential", 1: "parallel"}


def options_of(made: SessionLine) -> tuple[ObservedOption, ...]:
    """Each name once, with the last value it was given; empty where nobody heard its options being made."""
    if made.arena is None:
        return ()
    found = dict(_named(made))
    return tuple(ObservedOption(name=name, value=value) for name, value in found.items())


def unread_of(made: SessionLine) -> tuple[ObservedOption, ...]:
    """Options that the page gave, and that came to nothing: the library does not look for them."""
    return tuple(ObservedOption(name=name, value=value) for name, value in made.unread)


def _named(made: SessionLine) -> Iterator[tuple[str, str]]:
    yield "graphOptimizationLevel", _word(_LEVELS, made.level)
    yield "enableCpuMemArena", _truth(made.arena)
    yield "enableMemPattern", _truth(made.mem_pattern)
    yield "executionMode", _word(_MODES, made.mode)
    yield "enableProfiling", _truth(made.profiling)
    yield "logId", made.log_id
    yield "logSeverityLevel", str(made.severity)
    yield "logVerbosityLevel", str(made.verbosity)
    yield "optimizedModelFilePath", made.saved_path
    for provider, name, value in made.provider_options:
        yield f"executionProviders.{provider}.{name}", value
    for name, extent in made.free_dims:
        yield f"freeDimensionOverrides.{name}", extent
    yield from made.entries


def _truth(value: bool | None) -> str:
    return "true" if value else "false"


def _word(words: dict[int, str], number: int | None) -> str:
    return words.get(-1 if number is None else number, str(number))
