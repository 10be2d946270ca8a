from msgspec.structs import replace

from gapprof.digest.why import RESIDUAL_TITLE, why_rows, with_children
from tests.unit.render import reports


def test_rows_stand_by_rank_and_the_residual_is_last() -> None:
    report = reports.ok()
    shuffled = replace(report, causes=tuple(reversed(report.causes)))
    rows = why_rows(shuffled)
    assert [row.rank for row in rows] == ["1", "2", "3", "4", ""]
    assert rows[-1].title == RESIDUAL_TITLE


def test_what_was_not_measured_stays_a_row_with_that_word() -> None:
    report = reports.ok()
    missing = replace(report.causes[0], rank=None, factor=None, share=None, verdict="not-measured")
    rows = why_rows(replace(report, causes=(missing, *report.causes[1:])))
    assert next(row for row in rows if row.title == missing.title).word == "not measured"


def test_an_estimate_is_called_one() -> None:
    report = reports.ok()
    estimated = replace(report.causes[0], method="estimated")
    assert why_rows(replace(report, causes=(estimated, *report.causes[1:])))[0].title.endswith("(estimated)")


def test_children_follow_their_cause_unless_they_cannot_apply() -> None:
    report = reports.ok()
    simd = report.causes[0]
    useless = replace(simd.children[0], title="Flags", verdict="not-applicable")
    rows = with_children(
        replace(report, causes=(replace(simd, children=(*simd.children, useless)), *report.causes[1:]))
    )
    assert [row.depth for row in rows[:3]] == [0, 1, 0]
    assert "Flags" not in [row.title for row in rows]
