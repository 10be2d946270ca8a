"""Every way gapprof stops short of a result, each with its exit code.

GapprofError
├── WrongUse              2   an option, a path or an input file the user can mend
├── EnvironmentUnusable   3   no browser, no onnxruntime-web, another gapprof is measuring
├── ModelUnusable         4   the model cannot be read, is hostile, or no side can run it
└── Interrupted         130   SIGINT, SIGTERM or SIGHUP
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a shell sees; of several that apply the first of 130, 2, 3, 4, 6, 5, 7, 1."""

    OK = 0
    FAILED_CHECK = 1
    WRONG_USE = 2
    ENVIRONMENT_UNUSABLE = 3
    MODEL_UNUSABLE = 4
    UNRELIABLE = 5
    OUTPUTS_DIFFER = 6
    PARTIAL = 7
    INTERRUPTED = 130


class GapprofError(Exception):
    """Something the user should read as one sentence and a hint, never as a traceback."""

    exit_code = ExitCode.FAILED_CHECK

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class WrongUse(GapprofError):
    """The command line or a file it names is wrong."""

    exit_code = ExitCode.WRONG_USE


class EnvironmentUnusable(GapprofError):
    """This machine lacks something that nothing can be measured without."""

    exit_code = ExitCode.ENVIRONMENT_UNUSABLE


class ModelUnusable(GapprofError):
    """The model cannot be loaded or run; says which node where that is known."""

    exit_code = ExitCode.MODEL_UNUSABLE


class Interrupted(GapprofError):
    """The user or the system asked gapprof to stop; what was measured is kept."""

    exit_code = ExitCode.INTERRUPTED
