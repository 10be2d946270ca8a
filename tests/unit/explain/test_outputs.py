import pytest

from gapprof.backends.synthetic import Machine
from gapprof.explain.outputs import output_checks, output_warnings, outputs_differ
from gapprof.facts.agreement import agrees
from gapprof.facts.case import Case
from gapprof.records.model import NodeCensus
from tests.truth.recorder import check, record


@pytest.mark.parametrize(
    ("dtype", "difference", "agreed"),
    [
        ("float32", 9e-4, True),
        ("float32", 2e-3, False),
        ("float16", 1e-2, True),
        ("float16", 3e-2, False),
        ("int64", 1.0, False),
        ("bool", 1.0, False),
    ],
)
def test_tolerances_are_those_of_the_type(dtype: str, difference: float, agreed: bool) -> None:
    assert agrees(check("web", difference=difference, dtype=dtype)) is agreed


def test_exact_integers_agree() -> None:
    assert agrees(check("web", dtype="int64"))


def test_the_tolerance_is_relative_to_the_largest_value() -> None:
    assert agrees(check("web", difference=0.5, max_abs_reference=1000.0))
    assert not agrees(check("web", difference=0.5, max_abs_reference=0.0))


@pytest.mark.parametrize("changes", [{"same_shape": False}, {"same_nan_positions": False, "exact": False}])
def test_another_shape_or_other_nan_never_agrees(changes: dict[str, bool]) -> None:
    assert not agrees(check("web", **changes))


def test_equal_nan_agree_with_a_warning() -> None:
    case = Case(record(Machine(), outputs=(check("web", nan_count=3),)))
    assert not outputs_differ(case)
    assert output_warnings(case) == ("output logits holds 3 NaN on both sides; they count as equal",)


def test_no_comparison_is_unknown_rather_than_fine() -> None:
    assert output_checks(Case(record(Machine())))[0].status == "unknown"


def test_saturating_integer_kernels_are_named_where_the_model_has_any() -> None:
    quantised = NodeCensus(
        name="q", op_type="QLinearConv", domain="", flops=None, bytes=None, output_shapes=()
    )
    wrong = (check("web"), check("native-extended", difference=0.1))
    case = Case(record(Machine(), outputs=wrong, model_nodes=(quantised,)))
    rows = output_checks(case)
    assert [row.status for row in rows] == ["pass", "fail"]
    assert "saturate" in rows[1].text
    assert not outputs_differ(case)


def test_an_output_name_cannot_disturb_the_terminal() -> None:
    bad = check("web", difference=0.5, output="\x1b[2J" + "x" * 10_000)
    text = output_checks(Case(record(Machine(), outputs=(bad,))))[0].text
    assert "\x1b" not in text
    assert len(text) < 300
