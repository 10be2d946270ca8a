"""A command whose options a file and the environment may set: command line > GAPPROF_* > file > default."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from click.core import ParameterSource

from gapprof.errors import WrongUse
from gapprof.options.config_file import ConfigFile, find_config
from gapprof.options.config_values import common_options, defaults_beside, defaults_of, long_options

_HELP = frozenset({"-h", "--help"})
_BROWSER = "browser"
_OPTION = re.compile(r"--([a-z][a-z-]*)")


class Configured(click.Command):
    """Click's own precedence, fed with the nearest file."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for name, option in long_options(self).items():
            option.envvar = variable(name)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Help is given even where the file is wrong."""
        config = _nearest(args)
        if config is not None:
            extra["default_map"] = defaults_of(config, self)
            extra["obj"] = config
        with _blaming_who_said_it():
            return super().make_context(info_name, args, parent, **extra)


class Beside(click.Command):
    """A command beside a configured one: what both have in common it takes from the same places."""

    def __init__(self, *arguments: Any, whole: click.Command, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._whole = whole
        for name, option in common_options(self).items():
            if name != _BROWSER:
                option.envvar = variable(name)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Who looks for a browser asks the environment there itself, and it counts before the file."""
        config = _nearest(args)
        if config is not None:
            defaults = defaults_beside(config, self, self._whole)
            if os.environ.get(variable(_BROWSER)):
                defaults.pop(_BROWSER, None)
            extra["default_map"] = defaults
            extra["obj"] = config
        with _blaming_who_said_it():
            return super().make_context(info_name, args, parent, **extra)


def variable(option: str) -> str:
    """`js-flags` → `GAPPROF_JS_FLAGS`."""
    return f"GAPPROF_{option.upper().replace('-', '_')}"


@contextmanager
def naming_origins(context: click.Context) -> Iterator[None]:
    """A complaint about an option names the file or the variable that set it."""
    try:
        yield
    except WrongUse as error:
        named = _OPTION.match(error.message)
        origin = _origin(context, named[1]) if named else ""
        if not named or not origin:
            raise
        raise WrongUse(f"{origin}: {error.message.removeprefix('--')}", hint=error.hint) from error


def origins(context: click.Context) -> Iterator[tuple[str, str]]:
    """Every option that is not at its default, and who set it."""
    for name in long_options(context.command):
        origin = _origin(context, name, command_line="the command line")
        if origin:
            yield name, origin


def _nearest(args: list[str]) -> ConfigFile | None:
    return None if _HELP & set(args) else find_config()


@contextmanager
def _blaming_who_said_it() -> Iterator[None]:
    try:
        yield
    except click.BadParameter as error:
        raise _blamed(error) from None


def _origin(context: click.Context, name: str, command_line: str = "") -> str:
    option = long_options(context.command).get(name)
    source = context.get_parameter_source(option.name) if option and option.name else None
    match source:
        case ParameterSource.ENVIRONMENT:
            return variable(name)
        case ParameterSource.DEFAULT_MAP:
            return context.obj.name if isinstance(context.obj, ConfigFile) else ""
        case ParameterSource.COMMANDLINE:
            return command_line
        case _:
            return ""


def _blamed(error: click.BadParameter) -> Exception:
    """Click speaks of options; what a file said is wrong in the file."""
    context, option = error.ctx, error.param
    if context is None or option is None or option.name is None:
        return error
    name = next((long for long, one in long_options(context.command).items() if one is option), "")
    origin = _origin(context, name)
    if not origin:
        return error
    told = error.message.rstrip(".")
    sentence = f"{origin}: {told}" if origin == variable(name) else f"{origin}: {name}: {told}"
    return WrongUse(sentence, hint=f"See `{context.command_path} --help`.")
