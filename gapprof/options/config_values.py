"""What a configuration file may say: the long options of `explain`, each of its own type, and `budget`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from gapprof.errors import WrongUse
from gapprof.options.config_file import ConfigFile, from_here
from gapprof.text.suggestion import did_you_mean

COMMON = frozenset({"browser", "threads", "page", "shape", "inputs", "seed"})
"""What describes the machine, the page and the model, and not one command's run."""
_BUDGET, _SECONDS = "budget", "seconds"
"""`budget` is the seconds for measuring, or a table of limits, in which `seconds` are those."""
_WORD_OR_NUMBER = frozenset({"threads"})
_PATHS = frozenset(
    {"inputs", "web-dist", "native-python", "json", "markdown", "recording", "browser", "page", "tab"}
)
_PAGES = frozenset({"quiet", "busy"})
_STDOUT = "-"


def defaults_of(config: ConfigFile, command: click.Command) -> dict[str, Any]:
    """Parameter of the command → its default by this file. Raises WrongUse, naming the file."""
    options = long_options(command)
    found: dict[str, Any] = {}
    for key, value in config.table.items():
        if key == _BUDGET and isinstance(value, Mapping):
            _refuse_senseless_limits(config)
            if _SECONDS not in value:
                continue
            value = value[_SECONDS]
        option = options.get(key)
        if option is None or option.name is None:
            raise WrongUse(
                f"{config.name}: there is no option called {key!r}", hint=did_you_mean(key, options)
            )
        found[option.name] = _taken(config, key, option, value)
    return found


def defaults_beside(config: ConfigFile, command: click.Command, whole: click.Command) -> dict[str, Any]:
    """The same for a command that shares options with `whole`, by which the file is checked."""
    names = {option.name for option in common_options(command).values()}
    return {name: value for name, value in defaults_of(config, whole).items() if name in names}


def limits_table(config: ConfigFile) -> Mapping[str, Any]:
    """The limits of the `[budget]` table; empty where there is none."""
    found = config.table.get(_BUDGET)
    limits = found if isinstance(found, Mapping) else {}
    return {key: limit for key, limit in limits.items() if key != _SECONDS}


def long_options(command: click.Command) -> dict[str, click.Option]:
    """`js-flags` → its option."""
    return {
        name.removeprefix("--"): option
        for option in command.params
        if isinstance(option, click.Option)
        for name in option.opts
        if name.startswith("--")
    }


def common_options(command: click.Command) -> dict[str, click.Option]:
    """Those of a command that mean the same in every command that has them."""
    return {name: option for name, option in long_options(command).items() if name in COMMON}


def _refuse_senseless_limits(config: ConfigFile) -> None:
    """Only `check` reads them, but a limit with a slip in its name would stay unread until then."""
    limits = limits_table(config)
    if limits:
        # What can have a limit is known to the causes, which take a while to load.
        from gapprof.budgets.limits import limits_of_table

        limits_of_table(limits, origin=config.name)


def _taken(config: ConfigFile, key: str, option: click.Option, value: object) -> object:
    match value:
        case bool() if option.is_flag:
            return value
        case [*words] if option.multiple and all(isinstance(word, str) for word in words):
            return [_anchored(key, str(word), config.path.parent) for word in words]
        case str() if option.multiple:
            return [_anchored(key, value, config.path.parent)]
        case str() if not option.is_flag and not _number(option):
            return _anchored(key, value, config.path.parent)
        case int() if not isinstance(value, bool) and (_number(option) or key in _WORD_OR_NUMBER):
            if abs(value) <= sys.float_info.max:
                return value
        case float() if isinstance(option.type, click.types.FloatParamType):
            return value
    raise WrongUse(f"{config.name}: {key} is {value!r}", hint=f"It is {_kind(key, option)}.")


def _number(option: click.Option) -> bool:
    return isinstance(option.type, click.types.IntParamType | click.types.FloatParamType)


def _kind(key: str, option: click.Option) -> str:
    if option.is_flag:
        return "true or false"
    if option.multiple:
        return "a list of strings"
    if isinstance(option.type, click.types.FloatParamType):
        return "a number"
    if isinstance(option.type, click.types.IntParamType):
        return "a whole number"
    return '"auto" or a whole number' if key in _WORD_OR_NUMBER else "a string"


def _anchored(key: str, value: str, folder: Path) -> str:
    """A path in a file is meant from where the file lies, not from where gapprof happens to run."""
    if key not in _PATHS or value in ("", _STDOUT):
        return value
    if key in ("page", "tab") and (value in _PAGES or "://" in value):
        return value
    if key == "browser" and not any(sign in value for sign in "/\\"):
        return value  # a program on the PATH
    return from_here(folder / value)
