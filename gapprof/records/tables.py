"""A report as data frames, for a notebook."""

import pandas as pd

from gapprof.records.estimate import Estimate
from gapprof.records.report import CauseRow, Report

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""By which a text begins that a spreadsheet computes; the last four are those of wide signs."""


def to_pandas(report: Report) -> dict[str, pd.DataFrame]:
    """`causes` (with children, the residual last), `operators`, `actions`, `rungs`, `samples`, `checks`.

    Every estimate is three columns: `x`, `x_low`, `x_high`. `samples` has one row per raw figure.

    Names are as the model has them, so that frames can be joined with anybody's; a spreadsheet would take
    some of them for formulas. For a CSV file that one may open: `for_spreadsheets(frame).to_csv(path)`.
    """
    return {
        "causes": pd.DataFrame([*_causes(report.causes, ""), _residual(report)]),
        "operators": pd.DataFrame(
            [
                {
                    "name": row.name,
                    "op_type": row.op_type,
                    "dtype": row.dtype,
                    "native_ms": row.native_ms,
                    "web_ms": row.web_ms,
                    "ratio": row.ratio,
                    "share_of_web": row.share_of_web,
                    **{f"{cause}_ms": ms for cause, ms in row.causes.items()},
                }
                for row in report.operators
            ]
        ),
        "actions": pd.DataFrame(
            [
                {
                    "text": row.text,
                    "owner": row.owner,
                    "cause": row.cause,
                    "basis": row.basis,
                    **_columns("now_ms", row.now_ms),
                    **_columns("then_ms", row.then_ms),
                }
                for row in report.actions
            ]
        ),
        "rungs": pd.DataFrame(
            [
                {
                    "id": row.id,
                    "title": row.title,
                    "changes": row.changes,
                    "derived_from": row.derived_from,
                    "alias_of": row.alias_of,
                    "refusal": row.refusal,
                    "why": row.why,
                    **_columns("latency_ms", row.latency_ms),
                }
                for row in report.rungs
            ]
        ),
        "samples": pd.DataFrame(
            [
                {"rung": row.rung, "round": row.round, "attempt": row.attempt, "kind": kind, "ms": ms}
                | {"counts": not row.struck}
                for row in report.samples
                for kind, values in (("sample", row.samples_ms), ("request", row.requests_ms))
                for ms in values
            ]
        ),
        "checks": pd.DataFrame(
            [
                {
                    "id": row.id,
                    "kind": row.kind,
                    "status": row.status,
                    "concerns": row.concerns,
                    "text": row.text,
                }
                for row in report.checks
            ]
        ),
    }


def for_spreadsheets(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table with an apostrophe before every text, headings too, that a spreadsheet would compute.

    Numbers stay numbers. Source: OWASP, "CSV Injection".
    """
    return frame.rename(columns=_quoted).map(_quoted)


def _quoted(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell


def _causes(rows: tuple[CauseRow, ...], parent: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for row in rows:
        found.append(
            {
                "id": row.id,
                "parent": parent,
                "title": row.title,
                "rank": row.rank,
                "verdict": row.verdict,
                "owner": row.owner,
                "method": row.method,
                **_columns("factor", row.factor),
                **_columns("ms", row.ms),
                **_columns("share", row.share),
                **_columns("saving_ms", row.saving_ms),
            }
        )
        found += _causes(row.children, row.id)
    return found


def _residual(report: Report) -> dict[str, object]:
    residual = report.residual
    return {
        "id": "residual",
        "parent": "",
        "title": "Not explained by any cause",
        **_columns("factor", residual.factor),
        **_columns("ms", residual.ms),
        **_columns("share", residual.share),
    }


def _columns(name: str, estimate: Estimate | None) -> dict[str, float | None]:
    if estimate is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: estimate.point, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
