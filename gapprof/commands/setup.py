"""`gapprof setup`: fetches what measuring needs, after asking."""

import sys

import click

from gapprof.errors import ExitCode, WrongUse
from gapprof.options.screen import show


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def setup(yes: bool) -> ExitCode:
    """Fetch onnxruntime-web, Node and, where none is found, a browser.

    Says first what it will fetch, how much, and where it goes.
    """
    from gapprof.setup import carry_out, plan_setup

    plan = plan_setup()
    if not plan.lines():
        show("Nothing to fetch: onnxruntime-web and a browser are here.\n")
        return ExitCode.OK
    show("".join(f"- {line}\n" for line in plan.lines()))
    if plan.steps and not yes and not _agreed():
        show("Nothing was fetched.\n")
        return ExitCode.OK
    carry_out(plan, lambda line: show(f"{line}\n"))
    show("Done. `gapprof doctor` says what can be measured.\n")
    return ExitCode.OK


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise WrongUse("setup asks before it fetches, and there is no terminal to ask on", hint="Give --yes.")
    return click.confirm("Fetch it?", default=True)


COMMAND = setup
