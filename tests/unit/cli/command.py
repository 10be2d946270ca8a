"""The command line in this process, and what its tests plant."""

from gapprof import cli
from gapprof.errors import ExitCode

FACTORS = {
    "native-extended": 2.0,
    "native-all-128": 3.8,
    "native-128": 2.4,
    "web-worker": 1.4,
    "web-busy": 1.5,
}


def run(*arguments: object) -> ExitCode:
    return cli.run([str(argument) for argument in arguments])
