import pytest
from msgspec.structs import replace

from gapprof.records.report import Report
from gapprof.records.surface import Surface
from gapprof.render.markdown import RENDERER
from tests.unit.render import reports


def written(report: Report, *, detail: bool = False) -> str:
    return RENDERER.render(report, Surface(detail=detail))


def test_the_headline_comes_first_and_bold() -> None:
    assert written(reports.ok()).startswith("**7.3x slower in the browser;")


@pytest.mark.parametrize("kind", reports.EVERY)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(kind: str) -> None:
    cells = 0
    for line in written(reports.EVERY[kind](), detail=True).splitlines():
        if not line.startswith("|"):
            cells = 0
            continue
        found = line.replace("\\|", "").count("|")
        cells = cells or found
        assert found == cells, line


def test_each_cause_says_its_verdict_in_a_word() -> None:
    text = written(reports.ok())
    assert "| 1 | 128-bit vectors" in text
    assert "| costs | hardware |" in text
    assert "| unclear | browser |" in text
    assert "| residual |" in text


def test_an_empty_list_of_changes_says_that_it_is_empty() -> None:
    assert "Nothing that a page could change was tried" in written(replace(reports.ok(), actions=()))


def test_doubts_and_the_command_are_there() -> None:
    text = written(reports.ok())
    assert "- Not explained by any cause" in text
    assert "`gapprof explain zoo:mobilenetv2`" in text


def test_a_status_other_than_ok_is_said_before_the_tables() -> None:
    text = written(reports.unreliable())
    assert text.index("Unreliable: another process used 31 %") < text.index("| Why |")


def test_detail_adds_the_children() -> None:
    assert "AVX-512 over AVX2" not in written(reports.ok())
    assert "AVX-512 over AVX2" in written(reports.ok(), detail=True)
