"""How single options are written: numbers, `NAME=1,3,224,224`, `auto|N`, `"--a --b"`. For click."""

import shlex
from typing import Any

import click


class Number(click.types.FloatParamType):
    """A number; what is none is refused with what is wanted, and not with the name of a parser's type."""

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Raises click.BadParameter; the range is checked with the other settings."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            raise click.BadParameter(f"{value!r} is not {self._wanted}", ctx, param) from None


class WholeNumber(click.IntRange):
    """The same for a whole number, and for one out of range."""

    def __init__(self, wanted: str, *, least: int, most: int | None = None) -> None:
        super().__init__(min=least, max=most)
        self._wanted = wanted

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Raises click.BadParameter."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            raise click.BadParameter(f"{value!r} is not {self._wanted}", ctx, param) from None


SECONDS = Number("a number of seconds above 0, such as 60")


def shapes(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """`NAME=1,3,224,224`, repeated → name to extents; split at the last `=`, since names may hold one."""
    found: dict[str, tuple[int, ...]] = {}
    for value in values:
        name, _equals, extents = value.rpartition("=")
        try:
            shape = tuple(int(extent) for extent in extents.split(","))
        except ValueError:
            shape = ()
        if not name or not shape:
            raise click.BadParameter(f"{value!r} is not NAME=1,3,224,224")
        if name in found:
            raise click.BadParameter(f"{name!r} is given twice")
        found[name] = shape
    return found


def threads(_: click.Context, __: click.Parameter, value: str) -> int | None:
    """`auto` → None, `4` → 4; the range is checked with the other settings."""
    if value == "auto":
        return None
    try:
        return int(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither auto nor a whole number") from None


def flags(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    """`"--a --b=1"` → the flags, split as a shell does; every flag starts with two dashes, as V8 wants it."""
    try:
        found = tuple(shlex.split(value))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} cannot be split into flags: {error}") from None
    for flag in found:
        if not flag.startswith("--"):
            raise click.BadParameter(f"{flag!r} is not a flag; flags start with --")
    return found
