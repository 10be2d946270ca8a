"""`gapprof compare`: what changed between two reports."""

import sys
from pathlib import Path

import click

from gapprof.errors import ExitCode
from gapprof.options.outputs import put, targets
from gapprof.options.screen import no_color, quiet, show, surface_of, verbose


@click.command(epilog="Ends with 0, whatever moved; 2 wrong use. `gapprof check` is what fails a build.")
@click.argument("before")
@click.argument("after")
@click.option(
    "--allow-different", is_flag=True, help="Compare even where model, machine or versions are not the same."
)
@click.option("--json", metavar="FILE|-", help="Write the comparison as json; - is stdout.")
@click.option("--markdown", metavar="FILE|-", help="Write the comparison as markdown; - is stdout.")
@quiet
@verbose
@no_color
def compare(
    before: str,
    after: str,
    allow_different: bool,
    quiet: bool,
    verbose: bool,
    no_color: bool,
    **given: str | None,
) -> ExitCode:
    """Say what changed from the report BEFORE to the report AFTER, cause by cause; measures nothing.

    Both are files that `explain` wrote with --json or --recording, of one model on one machine; what it
    was asked for may differ.
    """
    from gapprof.comparison.build import compare as compared
    from gapprof.comparison.kin import refuse_strangers
    from gapprof.markdown.comparison import written
    from gapprof.records.codec import encode_document
    from gapprof.reports import read_report
    from gapprof.terminal.comparison import drawn

    paths = {"first report": Path(before), "second report": Path(after)}
    wanted = targets({name: target for name, target in given.items() if target is not None}, never=paths)
    comparison = compared(*map(read_report, paths.values()))
    if not allow_different:
        refuse_strangers(comparison)
    texts = {"json": encode_document(comparison).decode(), "markdown": written(comparison, detail=verbose)}
    for name, path in wanted.items():
        put(texts[name], path)
    data = None in wanted.values()
    if not (quiet and data):
        stream = sys.stderr if data else sys.stdout
        show(drawn(comparison, surface_of(stream, plain=no_color, detail=verbose)), stream)
    return ExitCode.OK


COMMAND = compare
