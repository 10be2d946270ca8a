"""How single options are written: `NAME=1,3,224,224`, `auto|N`, `"--a --b"`. Callbacks for click."""

import shlex

import click


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
