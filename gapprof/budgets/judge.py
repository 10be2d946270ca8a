"""A report held against limits: which it keeps, and how the command that asked must end."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from gapprof.budgets.figures import Figure, figure
from gapprof.budgets.words import broken, headline, unbelievable
from gapprof.digest.adapter import software_sentence
from gapprof.errors import ExitCode
from gapprof.outcome import exit_code
from gapprof.records.estimate import Estimate
from gapprof.records.gate import Gate, Holding, Judged, Limit, Rule
from gapprof.records.report import Report


def judge(report: Report, limits: Sequence[Limit], *, rule: Rule, allow_noisy: bool) -> Gate:
    """Every limit, in the order given. A figure that the report lacks keeps no limit."""
    judged = tuple(_judged(report, limit, _RULES[rule]) for limit in limits)
    code = _status_code(report, allow_noisy=allow_noisy)
    said = headline(judged) if code is ExitCode.OK else unbelievable(report)
    if code is ExitCode.OK and any(broken(one) and one.limit.level == "error" for one in judged):
        code = ExitCode.FAILED_CHECK
    return Gate(
        headline=" ".join((*software_sentence(report), said)),
        exit_code=code,
        rule=rule,
        model=report.model,
        report_status=report.status,
        report_status_why=report.status_why,
        budgets=judged,
    )


def _by_interval(estimate: Estimate, most: float) -> Holding:
    """A limit is exceeded only where the whole interval lies above it."""
    if estimate.low > most:
        return "exceeded"
    return "unclear" if estimate.point > most else "holds"


def _by_point(estimate: Estimate, most: float) -> Holding:
    """Whatever the interval says, for those who would rather fail once too often."""
    return "exceeded" if estimate.point > most else "holds"


_RULES: Mapping[Rule, Callable[[Estimate, float], Holding]] = MappingProxyType(
    {"interval": _by_interval, "point": _by_point}
)


def _judged(report: Report, limit: Limit, by: Callable[[Estimate, float], Holding]) -> Judged:
    found = figure(report, limit.key)
    verdict = _lacking(found) if found.estimate is None else by(found.estimate, limit.max)
    return Judged(limit=limit, title=found.title, figure=found.estimate, verdict=verdict, why=_why(found))


def _why(found: Figure) -> str:
    """Of a figure that is missing, is 1 because nothing exercised it, or is of one round."""
    if found.estimate is None or not found.applicable:
        return found.why
    return "one round alone has no interval" if found.estimate.rounds < 2 else ""


def _lacking(found: Figure) -> Holding:
    """A cause that the backend cannot have costs nothing; anything else without a figure is not known."""
    return "unknown" if found.applicable else "not-applicable"


def _status_code(report: Report, *, allow_noisy: bool) -> ExitCode:
    """A report that may not be believed ends as `explain` did: its figures keep no budget."""
    if report.status == "failed":
        return ExitCode.MODEL_UNUSABLE
    noisy = allow_noisy or report.settings.allow_noisy
    return exit_code(report, ended=None, failures=(), allow_noisy=noisy)
