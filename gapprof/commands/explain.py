"""`gapprof explain`: the main job."""

import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click
from click.core import ParameterSource

from gapprof.errors import ExitCode
from gapprof.interrupts import held
from gapprof.options import shared, syntax
from gapprof.options.configured import Configured, naming_origins, origins
from gapprof.options.files import precious, refuse_over
from gapprof.options.handing_out import hand_out
from gapprof.options.outputs import output_options, outputs, parted
from gapprof.options.screen import no_color, quiet, show, verbose
from gapprof.options.watching import chosen_observer
from gapprof.records.settings import ASKING_WORKER, Settings

_USUAL = Settings()
_ENDS = (
    "Ends with 0; 2 wrong use; 3 the machine lacks something; 4 the model cannot be run on both sides; "
    "5 unreliable; 6 the outputs differ; 7 a part is missing; 130 interrupted. "
    "Every one but 2 writes the reports asked for."
)


@click.command(cls=Configured, epilog=_ENDS)
@click.argument("model", required=False)
@click.option(
    "--backend",
    default=_USUAL.backend,
    metavar="wasm|webgpu|webgl",
    help="The web side, or several in order of preference: webgpu,wasm.",
    show_default=True,
)
@shared.threads
@click.option(
    "--where",
    default=_USUAL.where,
    type=click.Choice(["main", "worker", ASKING_WORKER]),
    help="Where the page runs the model; an asking worker decides by itself when it runs.",
    show_default=True,
)
@shared.page
@click.option(
    "--tab",
    "tabs",
    multiple=True,
    metavar="PATH|URL",
    help="What is open in another tab, behind the page; repeatable.",
)
@click.option("--no-isolation", is_flag=True, help="Serve the page without COOP and COEP.")
@shared.shapes
@shared.inputs
@shared.browser
@click.option("--browser-arg", "browser_args", multiple=True, metavar="ARG", help="Passed on; repeatable.")
@click.option(
    "--js-flags",
    default="",
    metavar="FLAGS",
    callback=syntax.flags,
    help='V8 flags in one word, such as "--liftoff-only".',
)
@click.option("--web-dist", metavar="DIR", help="An onnxruntime-web build of your own.")
@click.option(
    "--native-python",
    metavar="PATH",
    help="The interpreter whose onnxruntime runs the native side, such as one with a build for GPUs.",
)
@click.option(
    "--rungs",
    default=_USUAL.rungs,
    metavar="auto|main|all|ends|ID,ID",
    help="Which environments beside the main ones; ends: native and your page alone, without the reasons.",
    show_default=True,
)
@click.option(
    "--budget",
    "budget_s",
    default=_USUAL.budget_s,
    type=syntax.SECONDS,
    metavar="SECONDS",
    help="For measuring; waiting for cores that others slow down comes on top, as long again at most.",
    show_default=True,
)
@click.option(
    "--precision",
    "precision_percent",
    default=_USUAL.precision_percent,
    type=syntax.Number("a number of percent above 0 and at most 100, such as 5"),
    metavar="PERCENT",
    help="Wanted half-width of every top factor.",
    show_default=True,
)
@shared.seed
@click.option(
    "--observed-ms",
    type=syntax.Number("a number of milliseconds above 0, such as 180"),
    metavar="MS",
    help="The latency that somebody saw: say which conditions give it.",
)
@click.option(
    "--verify", is_flag=True, help="Make changes that are predicted to save, or may, and measure them."
)
@click.option(
    "--twins",
    is_flag=True,
    help="Tell the engine from the library by kernels of ours, timed as wasm and natively.",
)
@click.option(
    "--transplant",
    is_flag=True,
    help="Check the engine's cost a second way: the library's own hot functions, as wasm and as native code.",
)
@click.option(
    "--instrument",
    is_flag=True,
    help="Look into the served wasm: count and time its hot functions, in a rewritten copy of it.",
)
@click.option(
    "--qoe",
    is_flag=True,
    help="Requests on busy pages; the page while the model rests and runs; answers that come late.",
)
@click.option(
    "--cold",
    is_flag=True,
    help="Take the way to a first result apart, with nothing in any cache and with everything.",
)
@click.option(
    "--memory",
    is_flag=True,
    help="Look at what the model holds of memory: stage by stage, run by run, in the browser and natively.",
)
@click.option(
    "--scaling",
    is_flag=True,
    help="Try one thread to every core, main thread, worker and proxy, isolation; verify what is best.",
)
@click.option("--allow-noisy", is_flag=True, help="An unreliable result ends with 0; the status stays.")
@output_options
@shared.recording
@quiet
@verbose
@no_color
@click.pass_context
def explain(
    context: click.Context,
    /,
    model: str | None,
    no_isolation: bool,
    recording: str | None,
    quiet: bool,
    verbose: bool,
    no_color: bool,
    **given: object,
) -> ExitCode:
    """Say why MODEL is slower in the browser than natively.

    MODEL is the path of an ONNX file, or zoo:NAME. Without it, the model is the one that the page of --page
    runs by itself with onnxruntime-web, on its own inputs and under its own conditions. Every option may
    also stand in gapprof.toml or in [tool.gapprof] of a pyproject.toml, here or above, by its long name, and
    in the environment as GAPPROF_NAME; the command line counts first, then the environment, then the file.
    """
    with held() as hold:
        from gapprof.options.settings import refuse_no_model, settings_from
        from gapprof.pipeline import explained
        from gapprof.recordings import default_path

        if verbose and not quiet:
            show("".join(f"--{name}: set by {origin}\n" for name, origin in origins(context)), sys.stderr)
        if context.get_parameter_source("browser") is ParameterSource.ENVIRONMENT:
            del given["browser"]  # the machine's, not this run's: who looks for a browser asks there itself
        reports, options = parted(given)
        argv = ("gapprof", *sys.argv[1:])
        with naming_origins(context), ExitStack() as stack:
            settings = settings_from({**options, "isolation": not no_isolation})
            if model is None:
                refuse_no_model(settings, _set_by_somebody(context))
            named = model or settings.page
            path = Path(recording) if recording else default_path(named, now=datetime.now(UTC))
            given_files = precious(model, settings)
            wanted = outputs(reports, never={**given_files, "recording": path})
            refuse_over(path, given_files)
            observer = chosen_observer(stack, quiet=quiet, no_color=no_color)
            outcome = explained(model, settings, argv=argv, path=path, observer=observer, hold=hold)
        hand_out(outcome, wanted, quiet=quiet, verbose=verbose, no_color=no_color)
        if outcome.recorded and not quiet:
            show(f"recording: {path}\n", sys.stderr)
    return outcome.code


def _set_by_somebody(context: click.Context) -> frozenset[str]:
    """Names of the parameters that are not at their defaults."""
    untouched = (ParameterSource.DEFAULT, None)
    return frozenset(name for name in context.params if context.get_parameter_source(name) not in untouched)


COMMAND = explain
