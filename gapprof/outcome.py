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
    if report.status == "failed" or _one_sided(report):
        return _to_blame(report, failures)
    match report.status:
        case "outputs-differ":
            return ExitCode.OUTPUTS_DIFFER
        case "unreliable":
            return ExitCode.OK if allow_noisy else ExitCode.UNRELIABLE
        case "partial":
            return ExitCode.PARTIAL
        case "ok":
            return ExitCode.OK


def _one_sided(report: Report) -> bool:
    return (report.latency_ms.native is None) != (report.latency_ms.web is None)


def _to_blame(report: Report, failures: Iterable[Failure]) -> ExitCode:
    """A visit that failed for the model's sake makes it the model's fault; otherwise the machine's."""
    kinds = {failure.kind for failure in failures}
    if kinds - _NOT_THE_MODEL:
        return ExitCode.MODEL_UNUSABLE
    return ExitCode.ENVIRONMENT_UNUSABLE if kinds or report.status == "failed" else ExitCode.PARTIAL
