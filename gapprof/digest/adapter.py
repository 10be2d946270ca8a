"""Whether a report's figures are a GPU's at all."""

from collections.abc import Iterator

from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.records.report import Report


def on_software(report: Report) -> bool | None:
    """Whether the page's adapter was software; None: nothing ran on a GPU."""
    found = next((check.status for check in report.checks if check.id == "adapter"), None)
    return None if found is None else found == "fail"


def software_sentence(report: Report) -> Iterator[str]:
    """What belongs above every figure of a report whose page ran on software."""
    if on_software(report):
        yield f"{SOFTWARE_SENTENCE[0].upper()}{SOFTWARE_SENTENCE[1:]}."
