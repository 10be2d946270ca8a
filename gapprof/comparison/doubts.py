"""What speaks against a comparison, as whole sentences, gravest first."""

from collections.abc import Iterator, Sequence

from gapprof.records.comparison import Difference
from gapprof.records.report import SCHEMA_VERSION, Report


def doubts(before: Report, after: Report, strangers: Sequence[Difference]) -> tuple[str, ...]:
    """Other subjects, one run taken twice, reports that are not whole, and what no interval holds."""
    return (
        *(f"Not the same: {one.what} was {one.before} and is {one.after}." for one in strangers),
        *_same_run(before, after),
        *_status(before, after),
        *_tool(before, after),
        "A run's rounds lie minutes apart: what a machine does from one day to the next is in no interval.",
    )


def _same_run(before: Report, after: Report) -> Iterator[str]:
    if before.began_utc == after.began_utc and before.samples == after.samples:
        yield "Both are reports of one run, so that nothing can have changed between them."


def _status(before: Report, after: Report) -> Iterator[str]:
    for when, report in (("first", before), ("second", after)):
        if report.status != "ok":
            yield f"The {when} run is {report.status.replace('-', ' ')}: {report.status_why}."


def _tool(before: Report, after: Report) -> Iterator[str]:
    if before.tool.version != after.tool.version:
        yield f"Made by gapprof {before.tool.version} and {after.tool.version}."
    silent = [when for when, report in (("first", before), ("second", after)) if not report.versions]
    if silent:
        which = " and the ".join(silent)
        yield f"The {which} report does not say of which versions of onnxruntime and browser it is."
    for when, report in (("first", before), ("second", after)):
        if _minor(report.schema_version) > _minor(SCHEMA_VERSION):
            yield f"The {when} report is of a newer gapprof; what this one does not know is left out."


def _minor(version: str) -> int:
    minor = version.partition(".")[2]
    return int(minor) if minor.isdecimal() else 0
