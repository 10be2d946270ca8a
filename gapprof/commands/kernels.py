"""`gapprof kernels`: how fast this browser could run the model's operators."""

import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gapprof.commands.explain import COMMAND as EXPLAIN
from gapprof.errors import ExitCode
from gapprof.files import make_folder, refuse_unwritable
from gapprof.interrupts import held
from gapprof.options import shared, syntax
from gapprof.options.configured import Beside
from gapprof.options.outputs import put, targets
from gapprof.options.screen import no_color, quiet, say, show, surface_of, verbose
from gapprof.options.watching import chosen_observer
from gapprof.places import cache_dir

if TYPE_CHECKING:
    from gapprof.gpu_kernels.whole import Shaders
    from gapprof.yardstick.whole import Twins

_ENDS = (
    "Ends with 0; 2 wrong use; 3 the machine lacks something; 4 the model cannot be run on both sides; "
    "130 interrupted."
)
_ROUNDS = 5


@click.command(cls=Beside, whole=EXPLAIN, epilog=_ENDS)
@click.argument("model")
@click.option(
    "--backend",
    default="wasm",
    type=click.Choice(["wasm", "webgpu"]),
    help="Whose kernels: the processor's, or the GPU's.",
    show_default=True,
)
@shared.shapes
@shared.inputs
@shared.browser
@click.option("--db", metavar="FILE", help="Schedules found before; new ones are added.")
@click.option(
    "--rounds",
    default=_ROUNDS,
    type=syntax.WholeNumber("a whole number from 2 to 100, such as 5", least=2, most=100),
    help="Of measuring.",
    show_default=True,
)
@shared.seed
@click.option("--json", metavar="FILE|-", help="Write the table as json; - is stdout.")
@shared.recording
@quiet
@verbose
@no_color
def kernels(
    model: str,
    backend: str,
    shapes: dict[str, tuple[int, ...]],
    inputs: str | None,
    browser: str | None,
    db: str | None,
    rounds: int,
    seed: int,
    json: str | None,
    recording: str | None,
    quiet: bool,
    verbose: bool,
    no_color: bool,
) -> ExitCode:
    """Say how fast this browser could run the operators of MODEL, and what keeps it from that.

    For every shape a loop nest of ours is tuned in the browser, as wasm, and timed beside onnxruntime-web's
    own kernel, loop nests of ours as native code at every width, and native onnxruntime's kernel. With
    --backend webgpu compute shaders of ours are tuned on the page's adapter and timed beside the library's.
    MODEL is the path of an ONNX file, zoo:NAME, or a recording (.jsonl) of an earlier run, which is only
    read.
    """
    with held() as hold:
        from gapprof.own_kernels.wish import Wish
        from gapprof.recordings import default_path, read_run
        from gapprof.records.codec import encode_document

        if Path(model).suffix == ".jsonl":
            wanted = targets({} if json is None else {"json": json}, never={"recording": Path(model)})
            recorded, path = read_run(Path(model)), None
            outcome = _yardstick(recorded.begin.settings.backend).recorded(recorded, model)
        else:
            path = Path(recording) if recording else default_path(model, now=datetime.now(UTC))
            yardstick = _yardstick(backend)
            database = Path(db) if db else cache_dir() / yardstick.database_name
            never = {"model": Path(model), "recording": path, "database": database}
            wanted = targets({} if json is None else {"json": json}, never=never)
            for place, given, option in ((path, recording, "--recording"), (database, db, "--db")):
                if given is None:
                    make_folder(place.parent)
                refuse_unwritable(place, option=option)
            wish = Wish(
                model=model,
                shapes=shapes,
                inputs=inputs,
                browser=browser,
                rounds=rounds,
                seed=seed,
                argv=("gapprof", *sys.argv[1:]),
                recording_path=path,
                database_path=database,
            )
            with ExitStack() as stack:
                observer = chosen_observer(stack, quiet=quiet, no_color=no_color)
                outcome = yardstick.run(wish, observer=observer, hold=hold)
        for target in wanted.values():
            put(encode_document(outcome.kernels).decode(), target)
        data = None in wanted.values()
        if not (quiet and data):
            stream = sys.stderr if data else sys.stdout
            surface = surface_of(stream, plain=no_color, detail=verbose)
            show(outcome.drawn(surface), stream)
        if path is not None and not quiet:
            show(f"recording: {path}\n", sys.stderr)
        if outcome.stopped is not None:
            say(outcome.stopped)
            return outcome.stopped.exit_code
    return ExitCode.OK


def _yardstick(backend: str) -> "Twins | Shaders":
    """Whose kernels: the processor's, or the GPU's."""
    from gapprof.gpu_kernels.whole import SHADERS
    from gapprof.yardstick.whole import TWINS

    return SHADERS if backend == "webgpu" else TWINS


COMMAND = kernels
