"""What a check says: the one sentence, and figures and limits in their units."""

from collections.abc import Sequence

from gapprof.budgets.figures import unit
from gapprof.records.gate import Judged, Limit
from gapprof.records.report import Report
from gapprof.text import numbers

_BROKEN = frozenset({"exceeded", "unknown"})


def headline(judged: Sequence[Judged]) -> str:
    """How many failed, and which was the first of them."""
    total = numbers.count(len(judged))
    errors = [one for one in judged if broken(one) and one.limit.level == "error"]
    warned = [one for one in judged if broken(one) and one.limit.level == "warn"]
    if errors:
        return f"{numbers.count(len(errors))} of {total} budgets failed: {_told(errors[0])}."
    if warned:
        return f"No budget failed, {numbers.count(len(warned))} of {total} warned: {_told(warned[0])}."
    vague = [one for one in judged if one.verdict == "unclear"]
    if vague:
        return f"No budget failed, {numbers.count(len(vague))} of {total} is not decided: {_told(vague[0])}."
    return f"All {total} budgets hold." if len(judged) > 1 else f"The budget holds: {_told(judged[0])}."


def unbelievable(report: Report) -> str:
    """Instead of the headline, where the report itself is no ground to stand on."""
    return f"The report is {report.status.replace('-', ' ')}, so it passes no budget: {report.status_why}."


def broken(one: Judged) -> bool:
    """Whether it would fail a build at level `error`."""
    return one.verdict in _BROKEN


def _told(one: Judged) -> str:
    most = limit_in_words(one.limit)
    title = one.title[:1].lower() + one.title[1:]
    if one.figure is None:
        return f"{title}, at most {most}: {one.why or 'not measured'}"
    return f"{title} {figure_in_words(one)}, at most {most}"


def figure_in_words(one: Judged) -> str:
    """With its interval, in the unit of its key."""
    if one.figure is None:
        return ""
    in_words = numbers.ms_with_interval if unit(one.limit.key) == "ms" else numbers.factor_with_interval
    return in_words(one.figure)


def limit_in_words(limit: Limit) -> str:
    """A limit as its setter wrote it, with the unit."""
    return f"{numbers.given(limit.max)} ms" if unit(limit.key) == "ms" else f"{numbers.given(limit.max)}x"
