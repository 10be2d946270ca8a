"""Which exit code a run deserves: a pure function of what came out."""

from collections.abc import Iterable

from gapprof.errors import ExitCode
from gapprof.records.report import Report
from gapprof.records.trial import Failure

_NOT_THE_MODEL = frozenset({"environment", "page"})


def exit_code(
    report: Report, *, ended: str | None, failures: Iterable[Failure], allow_noisy: bool
) -> ExitCode:
    """The first that applies: 130, 3 or 4, 6, 5, 7, 0. `ended` is the recording's last word."""
    if ended == "interrupted":
        return ExitCode.INTERRUPTED
    match report.status:
        case "failed":
            return _to_blame(report, failures)
        case "outputs-differ":
            return ExitCode.OUTPUTS_DIFFER
        case "unreliable":
            return ExitCode.OK if allow_noisy else ExitCode.UNRELIABLE
        case "partial":
            return ExitCode.PARTIAL
        case "ok":
            return ExitCode.OK


def _to_blame(report: Report, failures: Iterable[Failure]) -> ExitCode:
    """No ratio: a side that gave nothing is the model's fault, unless only the machine ever failed."""
    if report.latency_ms.native is not None and report.latency_ms.web is not None:
        return ExitCode.PARTIAL  # both sides ran, but never in the same round
    kinds = {failure.kind for failure in failures}
    return ExitCode.MODEL_UNUSABLE if kinds - _NOT_THE_MODEL else ExitCode.ENVIRONMENT_UNUSABLE
