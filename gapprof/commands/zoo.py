"""`gapprof zoo`: the reference models."""

from pathlib import Path

import click

from gapprof.errors import EnvironmentUnusable, ExitCode
from gapprof.options.screen import show


@click.group(invoke_without_command=True)
@click.pass_context
def zoo(context: click.Context) -> ExitCode:
    """List or build the reference models: real architectures, seeded weights."""
    return ExitCode.OK if context.invoked_subcommand else _show_models()


@zoo.command("list")
def list_models() -> ExitCode:
    """Print what zoo:NAME can be."""
    return _show_models()


def _show_models() -> ExitCode:
    from gapprof.subject.zoo import models

    found = models()
    width = max(len(name) for name in found)
    show("".join(f"{name:<{width}}  {found[name].title}\n" for name in sorted(found)))
    return ExitCode.OK


@zoo.command("build")
@click.argument("name")
@click.option(
    "--to", "folder", default=".", metavar="FOLDER", help="Where NAME.onnx goes.", show_default=True
)
def build_model(name: str, folder: str) -> ExitCode:
    """Write the model NAME as an ONNX file; the same bytes every time."""
    from gapprof.subject.zoo import build

    try:
        path = build(name, Path(folder))
    except OSError as error:
        raise EnvironmentUnusable(
            f"{name}.onnx cannot be written to {folder}: {error.strerror}",
            hint="Give --to a folder that you may write to.",
        ) from error
    show(f"{path}\n")
    return ExitCode.OK


COMMAND = zoo
