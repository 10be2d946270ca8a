"""Options that several commands have: about the model, the page, the browser, and where a run is kept."""

import click

from gapprof.options import syntax
from gapprof.records.settings import Settings

_USUAL = Settings()

threads = click.option(
    "--threads",
    default="auto",
    metavar="auto|N",
    callback=syntax.threads,
    help="Threads the page asks for; auto is half the cores, at most 4.  [default: auto]",
)
page = click.option(
    "--page",
    default=_USUAL.page,
    metavar="quiet|busy|PATH|URL",
    help="The page that it shares.",
    show_default=True,
)
shapes = click.option(
    "--shape",
    "shapes",
    multiple=True,
    metavar="NAME=1,3,224,224",
    callback=syntax.shapes,
    help="The shape of an input with free dimensions; repeatable.",
)
inputs = click.option(
    "--inputs",
    metavar="FILE.npz",
    help="Real inputs, one array per input of the model; with one more axis in front many of them, for qoe.",
)
browser = click.option("--browser", metavar="PATH", help="Which Chromium, Chrome or Edge.")
seed = click.option(
    "--seed",
    default=_USUAL.seed,
    type=syntax.WholeNumber("a whole number, 0 or above, such as 7", least=0),
    help="For inputs and for the order of visits.",
    show_default=True,
)
recording = click.option("--recording", metavar="FILE", help="Where everything measured goes, raw.")
