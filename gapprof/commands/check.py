"""`gapprof check`: a report held against budgets."""

import sys
from pathlib import Path

import click

from gapprof.commands.explain import COMMAND as EXPLAIN
from gapprof.errors import ExitCode, WrongUse
from gapprof.options import syntax
from gapprof.options.config_file import find_config
from gapprof.options.config_values import defaults_of, limits_table
from gapprof.options.outputs import put, targets
from gapprof.options.screen import no_color, quiet, show, surface_of, verbose
from gapprof.records.gate import Limit

_ENDS = (
    "Ends with 0; 1 a budget of level error is exceeded, or its figure is missing; 2 wrong use; and, "
    "whatever the budgets say, 4 where the report has no ratio, 5 where it is unreliable, 6 where outputs "
    "differ, 7 where a part is missing."
)
_MAX, _MAX_RATIO = "--max", "--max-ratio"


@click.command(epilog=_ENDS)
@click.argument("report")
@click.option(
    _MAX_RATIO,
    type=syntax.Number("a number of times, such as 4.5"),
    metavar="TIMES",
    help="The most that the whole gap may be.",
)
@click.option(
    _MAX,
    "most",
    multiple=True,
    metavar="NAME=NUMBER",
    help="The most that a cause (simd=4.5), web_ms or native_ms may be; repeatable.",
)
@click.option("--strict", is_flag=True, help="Fail by the figure itself, wherever its interval reaches.")
@click.option("--allow-noisy", is_flag=True, help="Budgets decide on an unreliable report as well.")
@click.option("--json", metavar="FILE|-", help="Write the verdicts as json; - is stdout.")
@quiet
@verbose
@no_color
def check(
    report: str,
    max_ratio: float | None,
    most: tuple[str, ...],
    strict: bool,
    allow_noisy: bool,
    json: str | None,
    quiet: bool,
    verbose: bool,
    no_color: bool,
) -> ExitCode:
    """Hold REPORT against budgets; fails only where the whole interval of a figure lies above its limit.

    REPORT is a file that `explain` wrote with --json or --recording. Budgets come from [budget] of a
    gapprof.toml or [tool.gapprof.budget] of a pyproject.toml, here or above, such as
    "factor.simd" = {max = 1.8, level = "warn"}, and from the options, which count before the file.
    """
    from gapprof.budgets.judge import judge
    from gapprof.records.codec import encode_document
    from gapprof.reports import read_report
    from gapprof.terminal.gate import drawn

    path = Path(report)
    wanted = targets({} if json is None else {"json": json}, never={"report": path})
    limits = _limits(max_ratio, most)
    gate = judge(read_report(path), limits, rule="point" if strict else "interval", allow_noisy=allow_noisy)
    for target in wanted.values():
        put(encode_document(gate).decode(), target)
    data = None in wanted.values()
    if not (quiet and data):
        stream = sys.stderr if data else sys.stdout
        show(drawn(gate, surface_of(stream, plain=no_color, detail=verbose)), stream)
    return ExitCode(gate.exit_code)


def _limits(max_ratio: float | None, most: tuple[str, ...]) -> tuple[Limit, ...]:
    """From the file, then from the options. The whole file is checked, as `explain` checks it."""
    from gapprof.budgets.limits import limit_of_option, limit_of_ratio, limits_of_table, merged

    config = find_config()
    layers: list[tuple[Limit, ...]] = []
    if config is not None:
        defaults_of(config, EXPLAIN)
        layers.append(limits_of_table(limits_table(config), origin=config.name))
    if max_ratio is not None:
        layers.append((limit_of_ratio(max_ratio, option=_MAX_RATIO),))
    layers.append(tuple(limit_of_option(text, option=_MAX) for text in most))
    limits = merged(layers)
    if not limits:
        raise WrongUse(
            "there is no budget to hold the report against",
            hint="Give --max-ratio 8 or --max simd=4.5, or write [tool.gapprof.budget] into pyproject.toml.",
        )
    return limits


COMMAND = check
