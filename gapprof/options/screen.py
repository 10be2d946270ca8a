"""The terminal that a command talks to: its width, its signs, whether colour is welcome."""

import errno
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import TextIO

import click

from gapprof.errors import EnvironmentUnusable, GapprofError
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
    """Write to stdout or the given stream; a reader that went away is no error, nor is a deaf stderr.

    Raises EnvironmentUnusable where anything else, such as a full disk, keeps stdout from being written.
    """
    stream = stream or sys.stdout
    error = mention(text, stream)
    if error is not None and stream is not sys.stderr:
        raise EnvironmentUnusable(
            f"stdout could not be written: {error.strerror}",
            hint="Free some space there, or send the output elsewhere.",
        ) from error


def mention(text: str, stream: TextIO) -> OSError | None:
    """Write what may be lost; returns what kept it from being written, if more than that nobody reads."""
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        unread = isinstance(error, BrokenPipeError) or _was_hung_up(stream, error)
        _deafen(stream)
        return None if unread else error
    return None


def say(error: GapprofError) -> None:
    """One sentence and a hint on stderr, harmless whatever names they quote."""
    remark(f"gapprof: {error.message}", sys.stderr)
    if error.hint:
        remark(f"  {error.hint}", sys.stderr)


def remark(line: str, stream: TextIO) -> None:
    """One line beside the report, harmless whatever names it quotes."""
    plain = names.sentence(line)
    show(f"{plain if _unicode(stream) else names.ascii_only(plain)}\n", stream)


def _was_hung_up(stream: TextIO, error: OSError) -> bool:
    """Whether it is a terminal whose window was closed; on a disk the same error is one."""
    return error.errno == errno.EIO and stat.S_ISCHR(os.fstat(stream.fileno()).st_mode)


def _deafen(stream: TextIO) -> None:
    """Python flushes a stream once more at exit and would complain again."""
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


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
