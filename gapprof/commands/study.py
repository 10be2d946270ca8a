"""`gapprof study`: many models under the same conditions, and the tables over all of them."""

import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import click

from gapprof.commands.explain import COMMAND as EXPLAIN
from gapprof.errors import ExitCode, WrongUse
from gapprof.files import is_file, refuse_unwritable
from gapprof.interrupts import held
from gapprof.options import shared, syntax
from gapprof.options.configured import Beside
from gapprof.options.screen import no_color, quiet, remark, show
from gapprof.options.watching import chosen_observer
from gapprof.records.settings import Settings

_USUAL = Settings()
_LADDER_S = 10.0
"""A model: its ladder then has the three rounds that it has in any case."""
_ENDS = (
    "Ends with 0; 2 wrong use; 3 the machine lacks something; 7 a model has no row; 130 interrupted: the "
    "same command goes on where it was stopped."
)


@click.command(cls=Beside, whole=EXPLAIN, epilog=_ENDS)
@click.option(
    "--models",
    default="all",
    metavar="all|MODEL,MODEL",
    help="Paths and zoo:NAME; all: the nine classes of Wang et al. (2025), CIFAR networks, transformers.",
    show_default=True,
)
@click.option("--out", "folder", required=True, metavar="FOLDER", help="Where everything goes.")
@click.option(
    "--budget",
    "budget_s",
    type=syntax.SECONDS,
    default=_LADDER_S,
    metavar="SECONDS",
    help="For a model's ladder; the lattice comes on top.",
    show_default=True,
)
@click.option(
    "--anew",
    is_flag=True,
    help="Measure again what FOLDER has rows of that were measured otherwise (refused without), unreliably, "
    "or by a gapprof that did not compare what cells compute.",
)
@shared.browser
@shared.seed
@quiet
@no_color
def study(
    models: str,
    folder: str,
    budget_s: float,
    anew: bool,
    browser: str | None,
    seed: int,
    quiet: bool,
    no_color: bool,
) -> ExitCode:
    """Run many models through threads x SIMD x places, cold and warm starts, memory, and the page beside.

    Each model gets a recording and a report of its own in FOLDER; README.md there holds the tables,
    study.json the same for machines. What is there from before, under the same conditions, is kept; what
    was measured otherwise (options, machine, browser, onnxruntime) is never written over without --anew.
    """
    with held() as hold:
        from gapprof import assets
        from gapprof.guard import Guard
        from gapprof.measure.machine import machine_facts
        from gapprof.options.settings import settings_from
        from gapprof.study.models import ALL
        from gapprof.study.programs import programs_here
        from gapprof.study.run import TABLES, Studying

        wanted = ALL if models == "all" else tuple(name.strip() for name in models.split(",") if name.strip())
        _refuse(wanted)
        options = {"budget_s": budget_s, "seed": seed, "rungs": "main", "allow_noisy": True, "study": True}
        settings = settings_from({**options, **({"browser": browser} if browser else {})})
        assets.find_browser(settings.browser)
        out = Path(folder)
        _made(out)

        def say(line: str) -> None:
            if not quiet:
                remark(line, sys.stderr)

        @cache
        def programs() -> Mapping[str, str]:
            with Guard() as guard:
                return programs_here(settings, guard)

        with ExitStack() as stack:
            studying = Studying(
                folder=out,
                settings=settings,
                machine=machine_facts(),
                programs=programs,
                anew=anew,
                argv=("gapprof", *sys.argv[1:]),
                observer=chosen_observer(stack, quiet=quiet, no_color=no_color),
                hold=hold,
                say=say,
            )
            found, code = studying.run(wanted)
        show(f"{out / TABLES}: {sum(not one.why for one in found.models)} of {len(found.models)} models\n")
    return code


def _refuse(models: tuple[str, ...]) -> None:
    """Raises WrongUse for no model, one that is not there, and files whose names would be others'."""
    from gapprof.study.kept import ZOO, stem_of
    from gapprof.study.run import FIGURES, TABLES
    from gapprof.subject.zoo import known

    if not models:
        raise WrongUse(
            "--models names no model", hint="It is all, or paths and zoo:NAME with commas between."
        )
    for model in models:
        if model.startswith(ZOO):
            known(model.removeprefix(ZOO))
        elif not is_file(model):
            raise WrongUse(f"there is no file {model}", hint="Give the path of an ONNX file, or zoo:NAME.")
    stems = Counter(stem_of(model).casefold() for model in models)
    taken = [stem for stem in (Path(TABLES).stem, Path(FIGURES).stem) if stem.casefold() in stems]
    twice = [stem for stem, count in stems.items() if count > 1]
    if taken or twice:
        raise WrongUse(
            f"two files of the study would be called {(taken or twice)[0]}",
            hint="Name each model once, and give their files different names.",
        )


def _made(folder: Path) -> None:
    """Raises WrongUse where it cannot be made, or holds tables that no study has written."""
    from gapprof.study.run import FIGURES, TABLES

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUse(
            f"--out {folder} cannot be made: {error.strerror}", hint="Give it a folder that you may write to."
        ) from error
    refuse_unwritable(folder / TABLES, option="--out")
    if (folder / TABLES).exists() and not (folder / FIGURES).exists():
        raise WrongUse(
            f"--out {folder} has a {TABLES} that is no study's, and would be written over",
            hint="Give it a folder of its own.",
        )


COMMAND = study
