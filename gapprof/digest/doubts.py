"""Everything that should keep a reader from believing too much, as whole sentences, gravest first."""

from collections.abc import Iterator

from gapprof.digest.why import RESIDUAL_TITLE
from gapprof.records.report import Report
from gapprof.text import numbers


def doubts(report: Report) -> tuple[str, ...]:
    """Failed checks, warnings, what is not explained or not exercised, and how it was sampled."""
    found = (
        *_checks(report),
        *_gap(report),
        *report.warnings,
        *_residual(report),
        *_causes(report),
        *_profile(report),
    )
    sampling = (report.sampling,) if report.sampling else ()
    return tuple(dict.fromkeys(_sentence(doubt) for doubt in (*found, *sampling)))


def gap_missing(report: Report) -> str:
    """Why there is no ratio; empty when there is one."""
    return "" if report.gap.ratio is not None else report.gap.why or "one side gave no figure"


def _sentence(words: str) -> str:
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def _checks(report: Report) -> Iterator[str]:
    titles = {rung.id: rung.title for rung in report.rungs} | {
        cause.id: cause.title for cause in report.causes
    }
    for status in ("fail", "unknown"):
        for check in report.checks:
            if check.status == status:
                lead = "Failed check" if status == "fail" else "Not checked"
                about = (
                    "" if check.concerns == "report" else f" ({titles.get(check.concerns, check.concerns)})"
                )
                yield f"{lead}: {check.text}{about}"


def _gap(report: Report) -> Iterator[str]:
    if report.gap.ratio is not None and report.gap.why:
        yield f"The gap: {report.gap.why}"


def _residual(report: Report) -> Iterator[str]:
    if report.residual.why and report.status != "failed":
        yield f"{RESIDUAL_TITLE}: {report.residual.why}"


def _causes(report: Report) -> Iterator[str]:
    if report.status != "failed":
        yield from (f"{cause.title}: {cause.why}" for cause in report.causes if cause.why)


def _profile(report: Report) -> Iterator[str]:
    """How far the operator table can be trusted: both sides' closure and what profiling itself costs."""
    closures = _both_sides(report, "profile_closure")
    if closures:
        yield f"The operators' times add up to {_joined(closures)} of the model's unprofiled time."
    observed = _both_sides(report, "observer_ratio")
    if observed:
        yield f"Under the profiler a run takes {_joined(observed)} of its time; no timed run is profiled."


def _both_sides(report: Report, key: str) -> dict[str, float]:
    sides = {
        "natively": report.overhead.get(f"native_{key}"),
        "in the browser": report.overhead.get(f"web_{key}"),
    }
    return {where: value for where, value in sides.items() if value is not None}


def _joined(values: dict[str, float]) -> str:
    return " and ".join(f"{numbers.percent(value)} {where}" for where, value in values.items())
