"""The report as JSON: the public contract itself."""

from dataclasses import dataclass

from gapprof.records.codec import encode_report
from gapprof.records.report import Report
from gapprof.records.surface import Surface


@dataclass(frozen=True, slots=True)
class JsonRenderer:
    """Indented JSON; the surface makes no difference."""

    id: str = "json"
    suffix: str = ".json"

    def render(self, report: Report, _surface: Surface) -> str:
        """Return the whole document."""
        return encode_report(report).decode()


RENDERER = JsonRenderer()
