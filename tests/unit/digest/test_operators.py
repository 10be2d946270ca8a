"""In how few operators the difference sits, and which of them are marked."""

import pytest
from msgspec.structs import replace

from gapprof.digest.operators import hold_most, lost_ms, operator_sentences, precision
from gapprof.records.report import Evidence, OperatorRow
from gapprof.records.surface import Surface
from gapprof.render import markdown, terminal
from tests.unit.render import reports
from tests.unit.render.rows import cause


def node(name: str, lost: float, op_type: str = "Conv", dtype: str = "") -> OperatorRow:
    return OperatorRow(
        name=name,
        op_type=op_type,
        native_ms=1.0,
        web_ms=1.0 + lost,
        ratio=1.0 + lost,
        share_of_web=0.1,
        causes={},
        dtype=dtype,
    )


def said(*rows: OperatorRow) -> list[str]:
    return list(operator_sentences(replace(reports.ok(), operators=rows)))


def test_the_fewest_that_hold_four_fifths_of_the_loss_are_counted_by_kind() -> None:
    rows = [node("a", 4.0), node("b", 3.0), node("c", 2.0, "Gemm"), node("d", 0.6), node("e", 0.4)]
    assert [row.name for row in hold_most(rows)] == ["a", "b", "c"]
    assert said(*rows) == ["80 % of what operators lose sits in 3 of 5: 2 Conv and 1 Gemm."]


def test_one_fewer_would_not_hold_as_much() -> None:
    rows = [node(str(number), 10.0 / (number + 1)) for number in range(40)]
    few = hold_most(rows)
    whole = sum(map(lost_ms, rows))
    assert sum(map(lost_ms, few[:-1])) < 0.8 * whole <= sum(map(lost_ms, few))


def test_what_is_no_operator_does_not_count() -> None:
    rows = [node(name, 1.0) for name in "abcde"]
    assert said(*rows, node("marshalling", 90.0, "overhead")) == said(*rows)


@pytest.mark.parametrize("lost", [0.0, -0.5])
def test_where_operators_lose_nothing_together_none_holds_most_of_it(lost: float) -> None:
    assert hold_most([node("a", 1.0), node("b", lost - 1.0)]) == ()


def test_kinds_beyond_the_third_are_counted_together() -> None:
    kinds = ("Conv", "Conv", "Conv", "Gemm", "Gemm", "Add", "Mul", "Sub")
    (sentence,) = said(*(node(str(number), 1.0, kind) for number, kind in enumerate(kinds)))
    assert sentence.endswith("sits in 7 of 8: 3 Conv, 2 Gemm, 1 Add and 1 of other kinds.")


@pytest.mark.parametrize(
    ("op_type", "dtype", "mark"),
    [
        ("QLinearConv", "uint8", "int8"),
        ("QLinearConv", "", "int8"),
        ("MatMulInteger", "int32", "int8"),
        ("MaxPool", "uint8", "uint8"),
        ("Conv", "float16", "float16"),
        ("Conv", "float32", ""),
        ("Shape", "int64", ""),
        ("Conv", "", ""),
    ],
)
def test_a_row_is_marked_where_it_is_not_of_the_usual_type(op_type: str, dtype: str, mark: str) -> None:
    assert precision(node("n", 1.0, op_type, dtype)) == mark


def test_every_format_marks_the_row_and_says_what_multiplies_bytes() -> None:
    evidence = Evidence(kind="products-of-bytes", text="1 operator of int8 (QLinearConv).", value=0.5)
    row = cause("simd", "128-bit vectors", 2.44, rank=1, owner="hardware")
    report = replace(
        reports.ok(),
        operators=(node("conv1", 1.0, "QLinearConv", "uint8"),),
        causes=(replace(row, evidence=(evidence,)),),
    )
    shown = terminal.RENDERER.render(report, Surface(width=110))
    assert "conv1 (QLinearConv, int8)" in shown
    assert evidence.text in shown
    written = markdown.RENDERER.render(report, Surface())
    assert "| conv1 | QLinearConv, int8 |" in written
    assert "- 1 operator of int8 (QLinearConv)." in written
