"""Where reports go: every report format that writes files has an option of its own name."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

import gapprof.render
from gapprof import files, registry
from gapprof.errors import WrongUse
from gapprof.options.screen import show
from gapprof.records.report import Report
from gapprof.records.surface import Renderer, Surface

F = TypeVar("F", bound=Callable[..., Any])

STDOUT = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One report in one format. No path: it goes to stdout."""

    renderer: Renderer
    path: Path | None


def file_formats() -> dict[str, Renderer]:
    """Formats that are files, by id."""
    formats: Mapping[str, Renderer] = registry.load(gapprof.render, "RENDERER")
    return {name: renderer for name, renderer in formats.items() if renderer.suffix}


def output_options(command: F) -> F:
    """Add `--<id> FILE` for every report format."""
    for name in reversed(file_formats()):
        command = click.option(
            f"--{name}", metavar="FILE|-", help=f"Write the report as {name}; - is stdout."
        )(command)
    return command


def parted(given: Mapping[str, object]) -> tuple[dict[str, str], dict[str, object]]:
    """What a command was given, as outputs by format and the rest; options that nobody gave are left out."""
    formats = file_formats()
    reports = {name: str(value) for name, value in given.items() if name in formats and value is not None}
    rest = {name: value for name, value in given.items() if name not in formats and value is not None}
    return reports, rest


def outputs(given: Mapping[str, str], *, never: Mapping[str, Path]) -> tuple[Output, ...]:
    """The reports asked for, in the formats asked for. Raises WrongUse; nothing is written."""
    formats = file_formats()
    found = targets(given, never=never)
    return tuple(Output(renderer=formats[name], path=path) for name, path in found.items())


def targets(given: Mapping[str, str], *, never: Mapping[str, Path]) -> dict[str, Path | None]:
    """Format → where it goes, all checked to be writable, none over a file of `never` (its role → its path).

    None is stdout. Raises WrongUse; nothing is written.
    """
    if list(given.values()).count(STDOUT) > 1:
        raise WrongUse("two reports are to go to stdout", hint="Give all but one of them a file.")
    taken = {path.resolve(): role for role, path in never.items()}
    for name, target in given.items():
        if target != STDOUT:
            option, path = f"--{name}", Path(target)
            if (role := taken.get(path.resolve())) is not None:
                raise WrongUse(f"{option} would write over the {role}, {path}", hint="Give it another file.")
            files.refuse_unwritable(path, option=option)
            taken[path.resolve()] = f"report of {option}"
    return {name: None if target == STDOUT else Path(target) for name, target in given.items()}


def uses_stdout(wanted: tuple[Output, ...]) -> bool:
    """Whether stdout carries data, so that human text belongs on stderr."""
    return any(output.path is None for output in wanted)


def write(report: Report, wanted: tuple[Output, ...], *, detail: bool) -> None:
    """Write all of them, each in one step."""
    for output in wanted:
        put(output.renderer.render(report, Surface(detail=detail)), output.path)


def put(text: str, path: Path | None) -> None:
    """One document, in one step; None: on stdout."""
    if path is None:
        show(text, sys.stdout)
    else:
        files.write_atomically(path, text.encode("utf-8", "backslashreplace"))
