"""The terminal that a command talks to: its width, its signs, whether colour is welcome."""

import os
import shutil
import sys
from typing import TextIO

import click

from gapprof.errors import GapprofError
from gapprof.records.surface import Surface
from gapprof.text import names

_NARROWEST, _WIDEST, _NO_TERMINAL = 60, 140, 100

no_color = click.option("--no-color", is_flag=True, help="No colour, as with NO_COLOR in the environment.")
verbose = click.option(
    "-v", "--verbose", is_flag=True, help="Everything: steps, evidence, ladder, samples, checks."
)
quiet = click.option("--quiet", is_flag=True, help="Say nothing but the report.")


def surface_of(stream: TextIO, *, plain: bool, detail: bool = False) -> Surface:
    """What can be drawn on `stream`; `plain` is --no-color."""
    return Surface(
        width=_width(stream), colour=_colour(stream) and not plain, detail=detail, unicode=_unicode(stream)
    )


def show(text: str, stream: TextIO | None = None) -> None:
    """Write to stdout or the given stream; a reader that went away is no error."""
    stream = stream or sys.stdout
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # Python flushes stdout once more at exit and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say(error: GapprofError) -> None:
    """One sentence and a hint on stderr, harmless whatever names they quote."""
    lines = [
        f"gapprof: {names.sentence(error.message)}",
        *([f"  {names.sentence(error.hint)}"] if error.hint else []),
    ]
    text = "\n".join(lines) + "\n"
    show(text if _unicode(sys.stderr) else names.ascii_only(text), sys.stderr)


def _width(stream: TextIO) -> int:
    columns = os.environ.get("COLUMNS", "")
    if not stream.isatty() and not columns.isdecimal():
        return _NO_TERMINAL
    return max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size().columns))


def _colour(stream: TextIO) -> bool:
    """NO_COLOR before FORCE_COLOR before what the terminal is; an empty variable says nothing."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _unicode(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "").startswith("utf")
