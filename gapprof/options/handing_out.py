"""What a command hands out once there is a report: files, the report on screen, the complaint."""

import sys

import gapprof.render
from gapprof import registry
from gapprof.errors import ExitCode, Interrupted
from gapprof.options.outputs import Output, uses_stdout, write
from gapprof.options.screen import say, show, surface_of
from gapprof.pipeline import Outcome


def hand_out(
    outcome: Outcome, wanted: tuple[Output, ...], *, quiet: bool, verbose: bool, no_color: bool
) -> None:
    """Files first: they are what a script waits for. Human text goes to stderr where stdout carries data."""
    write(outcome.report, wanted, detail=verbose)
    if outcome.recorded and not (quiet and uses_stdout(wanted)):
        stream = sys.stderr if uses_stdout(wanted) else sys.stdout
        terminal = registry.load(gapprof.render, "RENDERER")["terminal"]
        surface = surface_of(stream, plain=no_color, detail=verbose)
        show(terminal.render(outcome.report, surface), stream)
    if outcome.stopped is not None:
        say(outcome.stopped)
    elif outcome.code is ExitCode.INTERRUPTED:
        say(Interrupted("interrupted; the report is of what was measured until then"))
