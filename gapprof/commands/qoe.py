"""`gapprof qoe`: what inference does to the page, and what its answers are worth there."""

import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click

from gapprof.commands.explain import COMMAND as EXPLAIN
from gapprof.errors import ExitCode
from gapprof.interrupts import held
from gapprof.options import shared, syntax
from gapprof.options.configured import Beside, naming_origins
from gapprof.options.files import precious, refuse_over
from gapprof.options.outputs import output_options, outputs, parted, uses_stdout, write
from gapprof.options.screen import no_color, quiet, say, show, surface_of, verbose
from gapprof.options.watching import chosen_observer
from gapprof.records.settings import Settings

_USUAL = Settings()
BUDGET_S = 180.0
"""For everything: a few rounds of both ends of the ladder give a pace, the rest is for the page."""
_ENDS = (
    "Ends with 0; 2 wrong use; 3 the machine lacks something; 4 the model cannot be run on both sides; "
    "6 the outputs differ; 7 a part is missing; 130 interrupted."
)


@click.command(cls=Beside, whole=EXPLAIN, epilog=_ENDS)
@click.argument("model")
@shared.threads
@shared.page
@shared.shapes
@shared.inputs
@shared.browser
@shared.seed
@click.option(
    "--budget",
    "budget_s",
    default=BUDGET_S,
    type=syntax.SECONDS,
    metavar="SECONDS",
    help="For measuring; one round of visits is made in any case, and two where the first fits.",
    show_default=True,
)
@output_options
@shared.recording
@quiet
@verbose
@no_color
def qoe(
    model: str, recording: str | None, quiet: bool, verbose: bool, no_color: bool, **given: object
) -> ExitCode:
    """Say what MODEL does to the page that runs it: responsiveness, smoothness, accuracy.

    The page is felt while the model rests, runs on its main thread, and runs in a worker: frames, a video,
    components, real clicks, steps of an application. The other way round, requests are timed on a quiet page,
    on a busy one, on a busier one, and on yours. A stream of inputs is answered on both sides, and seen with
    answers that come late. MODEL is the path of an ONNX file, or zoo:NAME. The stream is made of seeded
    scenes; --inputs gives the first one, or with one more axis in front all of them, and with an array
    `labels` what is right.
    """
    with held() as hold:
        from gapprof.options.settings import settings_from
        from gapprof.pipeline import explained
        from gapprof.recordings import default_path
        from gapprof.terminal.qoe import drawn

        reports, options = parted(given)
        with naming_origins(click.get_current_context()):
            settings = settings_from({**options, "qoe": True, "rungs": "ends", "allow_noisy": True})
        path = Path(recording) if recording else default_path(model, now=datetime.now(UTC))
        given_files = precious(model, settings)
        wanted = outputs(reports, never={**given_files, "recording": path})
        refuse_over(path, given_files)
        with ExitStack() as stack:
            observer = chosen_observer(stack, quiet=quiet, no_color=no_color)
            argv = ("gapprof", *sys.argv[1:])
            outcome = explained(model, settings, argv=argv, path=path, observer=observer, hold=hold)
        write(outcome.report, wanted, detail=verbose)
        if not (quiet and uses_stdout(wanted)):
            stream = sys.stderr if uses_stdout(wanted) else sys.stdout
            show(drawn(outcome.report, surface_of(stream, plain=no_color, detail=verbose)), stream)
        if outcome.recorded and not quiet:
            show(f"recording: {path}\n", sys.stderr)
        if outcome.stopped is not None:
            say(outcome.stopped)
    return outcome.code


COMMAND = qoe
