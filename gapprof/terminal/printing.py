"""Renderables as text: the same parts and surface give the same text."""

import io
from collections.abc import Iterator

from rich.console import Console, RenderableType

from gapprof.records.surface import Surface
from gapprof.text.names import ascii_only


def printed(parts: Iterator[RenderableType], surface: Surface) -> str:
    """Renderables as text for one surface. Nothing of the process's own terminal or environment leaks in."""
    file = io.StringIO()
    console = Console(
        file=file,
        width=surface.width,
        height=100,
        force_terminal=surface.colour,
        color_system="standard" if surface.colour else None,
        no_color=not surface.colour,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )
    for part in parts:
        console.print(part)
    lines = (line.rstrip() for line in file.getvalue().split("\n"))
    text = "\n".join(lines).rstrip("\n") + "\n"
    return text if surface.unicode else ascii_only(text)
