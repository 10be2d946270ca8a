"""`gapprof selftest`: plant known causes on this machine and see that they are found."""

import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click

from gapprof.commands.explain import COMMAND as EXPLAIN
from gapprof.errors import ExitCode, Interrupted
from gapprof.files import make_folder, refuse_unwritable
from gapprof.interrupts import held
from gapprof.options import shared
from gapprof.options.configured import Beside
from gapprof.options.outputs import put, targets
from gapprof.options.screen import no_color, quiet, say, show, surface_of
from gapprof.options.watching import chosen_observer

_ENDS = (
    "Ends with 0 where every row that is possible here passes; 1 where one fails; 2 wrong use; 3 the machine "
    "lacks something, or no row is possible; 5 one is too vague to judge; 130 interrupted. Every one but 2 "
    "writes the json asked for."
)
CODES = {
    "passed": ExitCode.OK,
    "failed": ExitCode.FAILED_CHECK,
    "unreliable": ExitCode.UNRELIABLE,
    "interrupted": ExitCode.INTERRUPTED,
    "unusable": ExitCode.ENVIRONMENT_UNUSABLE,
}


@click.command(cls=Beside, whole=EXPLAIN, epilog=_ENDS)
@click.option("--quick", is_flag=True, help="Some of the plants, in the rounds that four minutes hold.")
@shared.browser
@shared.seed
@click.option("--json", metavar="FILE|-", help="Write the rows as json; - is stdout.")
@shared.recording
@quiet
@no_color
def selftest(
    quick: bool,
    browser: str | None,
    seed: int,
    json: str | None,
    recording: str | None,
    quiet: bool,
    no_color: bool,
) -> ExitCode:
    """Plant known causes on this machine and see that they are found.

    Slow flags, a page that burns, missing headers, a build without SIMD and others are planted one by one
    in a small model, and once two of them together. What an A/B of the one switch measures is held against
    what the report says; where nothing is planted, nothing may be found. Takes about twenty minutes, and
    up to an hour and a half where rows are then still too vague to judge.
    """
    with held() as hold:
        from gapprof.recordings import default_path
        from gapprof.records.codec import encode_document
        from gapprof.selftest.chosen import every_plant, quick_plants
        from gapprof.selftest.extent import QUICK, WHOLE
        from gapprof.selftest.whole import Wish, selftested
        from gapprof.terminal.selftest import drawn

        path = Path(recording) if recording else default_path("selftest", now=datetime.now(UTC))
        wanted = targets({} if json is None else {"json": json}, never={"recording": path})
        if recording is None:
            make_folder(path.parent)
        refuse_unwritable(path, option="--recording")
        wish = Wish(
            plants=quick_plants() if quick else every_plant(),
            extent=QUICK if quick else WHOLE,
            browser=browser,
            seed=seed,
            argv=("gapprof", *sys.argv[1:]),
            recording_path=path,
        )
        with ExitStack() as stack:
            observer = chosen_observer(stack, quiet=quiet, no_color=no_color)
            outcome = selftested(wish, observer=observer, hold=hold)
        for target in wanted.values():
            put(encode_document(outcome.selftest).decode(), target)
        data = None in wanted.values()
        if outcome.stopped is None and not (quiet and data):
            stream = sys.stderr if data else sys.stdout
            show(drawn(outcome.selftest, surface_of(stream, plain=no_color)), stream)
        if outcome.stopped is not None:
            say(outcome.stopped)
            return outcome.stopped.exit_code
        if outcome.selftest.status == "interrupted":
            say(Interrupted("interrupted"))
        if not quiet:
            show(f"recording: {path}\n", sys.stderr)
    return CODES[outcome.selftest.status]


COMMAND = selftest
