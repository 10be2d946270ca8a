import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from gapprof.comparison.build import compare
from gapprof.markdown.comparison import written
from gapprof.records.estimate import Estimate
from gapprof.records.report import Report
from gapprof.records.surface import Surface
from gapprof.terminal.comparison import drawn
from tests.unit.render import reports


def scaled(estimate: Estimate | None, by: float) -> Estimate | None:
    if estimate is None:
        return None
    bounds = {name: getattr(estimate, name) * by for name in ("point", "low", "high")}
    return replace(estimate, **bounds)


def slower() -> Report:
    """The page's contention doubled, and with it the gap."""
    report = reports.ok()
    causes = tuple(
        replace(row, factor=scaled(row.factor, 2.0)) if row.id == "contention" else row
        for row in report.causes
    )
    return replace(
        report,
        causes=causes,
        latency_ms=replace(report.latency_ms, web=scaled(report.latency_ms.web, 2.0)),
        gap=replace(report.gap, ratio=scaled(report.gap.ratio, 2.0)),
        settings=replace(report.settings, page="busy"),
    )


def text(*, width: int = 100, detail: bool = False, after: Report | None = None) -> str:
    surface = Surface(width=width, detail=detail)
    return drawn(compare(reports.ok(), after or slower()), surface)


@pytest.mark.parametrize("width", [60, 80, 100, 120])
@pytest.mark.parametrize("kind", reports.EVERY)
def test_no_line_is_wider_than_the_terminal(kind: str, width: int) -> None:
    found = text(width=width, detail=True, after=reports.EVERY[kind]())
    assert max(cell_len(line) for line in found.splitlines()) <= width


def test_the_sentence_then_the_whole_then_why_then_settings_then_doubts() -> None:
    found = text()
    heads = ("The gap grew 2.0x", "Whole", "Why", "Asked differently", "Doubts", "In brackets")
    places = [found.index(word) for word in heads]
    assert places == sorted(places)


def test_what_moved_stands_above_what_did_not() -> None:
    lines = text(width=120).splitlines()
    why = next(number for number, line in enumerate(lines) if line.startswith("   Why"))
    assert "costs more" in lines[why + 1]
    assert not any("costs more" in line for line in lines[why + 2 :])


def test_before_and_after_stand_beside_the_change() -> None:
    row = next(line for line in text(width=120).splitlines() if "In the browser" in line)
    assert "25.9 → 51.8 ms" in row
    assert "2.00x [1.9" in row
    assert row.rstrip().endswith("slower")


def test_a_cause_that_applies_to_neither_run_is_no_row_and_no_doubt() -> None:
    assert "GPU" not in text(detail=True)


def test_settings_that_differ_are_told_with_both_values() -> None:
    assert "- page: quiet → busy" in text()


def test_children_are_shown_in_detail_alone() -> None:
    assert "AVX-512 over AVX2" not in text()
    assert "AVX-512 over AVX2" in text(detail=True)
    assert "AVX-512 over AVX2" not in written(compare(reports.ok(), slower()), detail=False)
    assert "AVX-512 over AVX2" in written(compare(reports.ok(), slower()), detail=True)


def test_markdown_says_the_same_sentence_first() -> None:
    comparison = compare(reports.ok(), slower())
    assert written(comparison, detail=False).startswith("**The gap grew 2.0x")


def test_a_figure_that_a_run_lacks_is_a_dash_and_a_doubt() -> None:
    report = reports.ok()
    without = replace(report, latency_ms=replace(report.latency_ms, native=None))
    found = text(width=120, after=without)
    assert "3.55 → - ms" in found
    assert "Natively: not measured after." in found
