"""What a report is drawn on, and what every report format offers."""

from typing import Protocol

from msgspec import Struct

from gapprof.records.report import Report


class Surface(Struct, frozen=True, kw_only=True):
    """Where the text will be read."""

    width: int = 100
    colour: bool = False
    detail: bool = False
    """Everything (`-v`), or the first screen and what belongs to it."""
    unicode: bool = True
    """False: the stream takes ASCII alone; signs are spelled out, foreign ones escaped."""


class Renderer(Protocol):
    """One report format."""

    @property
    def id(self) -> str:
        """Its name on the command line."""

    @property
    def suffix(self) -> str:
        """Of the files it writes, with the dot."""

    def render(self, report: Report, surface: Surface, /) -> str:
        """The whole document, ending in a newline. Pure: the same report gives the same text."""
