"""The rows of **Why**: causes by rank, then what no cause claims."""

from msgspec import Struct

from gapprof.records.estimate import Estimate
from gapprof.records.report import CauseRow, Report

RESIDUAL_TITLE = "Not explained by any cause"
_OWNERS = {
    "page": "your page",
    "model": "your model",
    "library": "library",
    "browser": "browser",
    "hardware": "hardware",
}


class WhyRow(Struct, frozen=True, kw_only=True):
    """One line of the ranking. `word` says in letters what a bar or a colour only repeats."""

    rank: str
    title: str
    factor: Estimate | None
    share: Estimate | None
    ms: Estimate | None
    word: str
    owner: str
    depth: int = 0
    source: CauseRow | None = None
    """None for the residual."""


def why_rows(report: Report) -> tuple[WhyRow, ...]:
    """Causes that can apply here, then the residual."""
    rows = [_row(cause) for cause in _ranked(report)]
    return (*rows, _residual(report))


def with_children(report: Report) -> tuple[WhyRow, ...]:
    """As `why_rows`, each cause followed by its children, theirs by factor."""
    rows = [row for cause in _ranked(report) for row in _family(cause, 0)]
    return (*rows, _residual(report))


def owner(who: str) -> str:
    """An owner in the reader's words."""
    return _OWNERS.get(who, who)


def _ranked(report: Report) -> list[CauseRow]:
    shown = [cause for cause in report.causes if cause.verdict != "not-applicable"]
    return sorted(shown, key=lambda cause: (cause.rank is None, cause.rank or 0))


def _family(cause: CauseRow, depth: int) -> list[WhyRow]:
    rows = [_row(cause, depth)]
    for child in cause.children:
        if child.verdict != "not-applicable":
            rows += _family(child, depth + 1)
    return rows


def _row(cause: CauseRow, depth: int = 0) -> WhyRow:
    estimated = cause.method == "estimated" and cause.factor is not None
    return WhyRow(
        rank=str(cause.rank) if cause.rank is not None and depth == 0 else "",
        title=f"{cause.title} (estimated)" if estimated else cause.title,
        factor=cause.factor,
        share=cause.share,
        ms=cause.ms,
        word=cause.verdict.replace("-", " "),
        owner=owner(cause.owner),
        depth=depth,
        source=cause,
    )


def _residual(report: Report) -> WhyRow:
    residual = report.residual
    return WhyRow(
        rank="",
        title=RESIDUAL_TITLE,
        factor=residual.factor,
        share=residual.share,
        ms=residual.ms,
        word="not measured" if residual.factor is None else "residual",
        owner="",
    )
