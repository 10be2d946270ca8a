"""`gapprof analyze`: the report again, from the recording."""

from pathlib import Path

import click

from gapprof.errors import ExitCode
from gapprof.options.handing_out import hand_out
from gapprof.options.outputs import output_options, outputs, parted
from gapprof.options.screen import no_color, quiet, verbose


@click.command()
@click.argument("recording")
@output_options
@quiet
@verbose
@no_color
def analyze(recording: str, quiet: bool, verbose: bool, no_color: bool, **given: object) -> ExitCode:
    """Make the report of RECORDING again; measures nothing.

    The report is, byte for byte, that of the run that made the recording, and so is the exit code.
    """
    from gapprof.pipeline import analysed
    from gapprof.recordings import read_run

    path = Path(recording)
    reports, _ = parted(given)
    wanted = outputs(reports, never={"recording": path})
    outcome = analysed(read_run(path))
    hand_out(outcome, wanted, quiet=quiet, verbose=verbose, no_color=no_color)
    return outcome.code


COMMAND = analyze
