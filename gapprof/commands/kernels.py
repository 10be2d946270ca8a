"""`gapprof kernels`: how fast this browser could run the model's operators."""

import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click

from gapprof.errors import ExitCode
from gapprof.files import make_folder, refuse_unwritable
from gapprof.interrupts import held
from gapprof.options import shared
from gapprof.options.outputs import put, targets
from gapprof.options.screen import no_color, quiet, say, show, surface_of, verbose
from gapprof.options.watching import chosen_observer
from gapprof.places import cache_dir

_ENDS = (
    "Ends with 0; 2 wrong use; 3 the machine lacks something; 4 the model cannot be run on both sides; "
    "130 interrupted."
)
_ROUNDS = 5


@click.command(epilog=_ENDS)
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
    "--rounds", default=_ROUNDS, type=click.IntRange(min=2, max=100), help="Of measuring.", show_default=True
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
    own kernel, the same loop nest as native code at every width, and native onnxruntime's kernel. With
    --backend webgpu compute shaders of ours are tuned on the page's adapter and timed beside the library's.
    MODEL is the path of an ONNX file, zoo:NAME, or a recording (.jsonl) of an earlier run, which is only
    read.
    """
    with held() as hold:
        from gapprof.gpu_kernels import database as gpu_databases
        from gapprof.gpu_kernels import whole as on_gpu
        from gapprof.recordings import default_path, read_run
        from gapprof.records.codec import encode_document
        from gapprof.yardstick import database as databases
        from gapprof.yardstick import whole as on_cpu

        outcome: on_cpu.Outcome | on_gpu.Outcome
        if Path(model).suffix == ".jsonl":
            wanted = targets({} if json is None else {"json": json}, never={"recording": Path(model)})
            recorded, path = read_run(Path(model)), None
            of_gpu = recorded.begin.settings.backend == "webgpu"
            outcome = on_gpu.table(recorded, model) if of_gpu else on_cpu.table(recorded, model)
        else:
            path = Path(recording) if recording else default_path(model, now=datetime.now(UTC))
            kept = gpu_databases.NAME if backend == "webgpu" else databases.NAME
            database = Path(db) if db else cache_dir() / kept
            never = {"model": Path(model), "recording": path, "database": database}
            wanted = targets({} if json is None else {"json": json}, never=never)
            for place, given, option in ((path, recording, "--recording"), (database, db, "--db")):
                if given is None:
                    make_folder(place.parent)
                refuse_unwritable(place, option=option)
            wish = on_cpu.Wish(
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
                if backend == "webgpu":
                    outcome = on_gpu.yardstick(wish, observer=observer, hold=hold)
                else:
                    outcome = on_cpu.yardstick(wish, observer=observer, hold=hold)
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


COMMAND = kernels
