"""`gapprof doctor`: what this machine can measure."""

import sys

import click

from gapprof.errors import ExitCode
from gapprof.options.screen import no_color, show, surface_of


@click.command()
@no_color
def doctor(no_color: bool) -> ExitCode:
    """Say what this machine can measure, and what mends the rest.

    Ends with 3 when something is missing without which nothing can be measured.
    """
    from gapprof.doctor import examine
    from gapprof.terminal.findings import findings_table
    from gapprof.terminal.ink import Ink
    from gapprof.terminal.printing import printed

    findings = examine()
    surface = surface_of(sys.stdout, plain=no_color)
    rows = ((finding.status, finding.what, finding.mend) for finding in findings)
    show(printed(iter((findings_table(rows, Ink(surface)),)), surface))
    missing = any(finding.status == "missing" for finding in findings)
    return ExitCode.ENVIRONMENT_UNUSABLE if missing else ExitCode.OK


COMMAND = doctor
