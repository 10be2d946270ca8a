"""The command line: finds the subcommand, and is the one place where errors become exit codes."""

import importlib
import io
import os
import pkgutil
import sys
from collections.abc import Sequence

import click

from gapprof import __version__, commands, interrupts
from gapprof.errors import ExitCode, GapprofError, Interrupted, WrongUse
from gapprof.options.screen import say


class Commands(click.Group):
    """Every file of `gapprof.commands` is a subcommand."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Names of the files."""
        return sorted(info.name for info in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Only the one that is asked for is imported."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{commands.__name__}.{cmd_name}").COMMAND
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="gapprof %(version)s")
def gapprof() -> None:
    """Why is a model slower in the browser than natively: which cause costs how much, and what would help."""


def main() -> None:
    """Entry point of the `gapprof` command."""
    _open_closed_streams()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> ExitCode:
    """One command from start to end; every way to stop short ends here as one sentence and an exit code."""
    with interrupts.all_alike():
        try:
            code = gapprof.main(
                args=list(arguments) or ["--help"], prog_name="gapprof", standalone_mode=False
            )
        except click.UsageError as error:
            say(WrongUse(_sentence(error), hint=_hint(error)))
            return ExitCode.WRONG_USE
        except GapprofError as error:
            say(error)
            return error.exit_code
        except (KeyboardInterrupt, click.Abort):
            say(Interrupted("interrupted"))
            return ExitCode.INTERRUPTED
    return ExitCode(code or 0)


def _open_closed_streams() -> None:
    """A shell may close stdout or stderr (`>&-`); the next file opened would take its place."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, io.TextIOWrapper(io.FileIO(os.devnull, "w"), encoding="utf-8"))


def _sentence(error: click.UsageError) -> str:
    """Click's message without its full stop, as all of ours are."""
    message = error.format_message().strip().rstrip(".")
    return message[:1].lower() + message[1:]


def _hint(error: click.UsageError) -> str:
    path = error.ctx.command_path if error.ctx else "gapprof"
    return f"See `{path} --help`."
