"""Outputs that differ: how far, and from which node on, in the report's words and keys."""

import msgspec
import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.errors import WrongUse
from gapprof.explain.report import build
from gapprof.records.codec import decode_recording, encode_entry, encode_report
from gapprof.records.parting import Between, Parting
from gapprof.records.report import Report
from gapprof.records.sections.outputs import OutputsApart
from gapprof.records.surface import Surface
from gapprof.records.trial import OutputCheck
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.truth.recorder import check, record

WRONG = check("web", difference=0.9, cosine=0.52, output="y")


def between(place: int, op_type: str, given: tuple[str, ...], seen: OutputCheck) -> Between:
    node = f"{op_type}_{place}"
    return Between(place=place, node=node, op_type=op_type, given=given, check=seen)


LAST = between(30, "Softmax", ("t20",), WRONG)
SAMPLED = between(17, "GridSample", ("t5", "t9"), replace(WRONG, output="t17", cosine=0.5231))
LATER = between(20, "Conv", ("t17",), replace(WRONG, output="t20", cosine=0.6))
BEFORE = tuple(between(place, "Conv", (), check("web", output=f"t{place}")) for place in (5, 9))


def told(*seen: Between, healed: bool = False, why: str = "") -> Parting:
    return Parting(
        rung="web", reference="native-128", took_s=5.0, looks=2, between=seen, healed=healed, why=why
    )


def report(parting: Parting | None, output: OutputCheck = WRONG) -> Report:
    found = record(Machine(), outputs=(output,))
    more = (parting,) if parting is not None else ()
    return build(replace(found, entries=(*found.entries, *more)))


def section(found: Report) -> OutputsApart:
    assert found.outputs_apart is not None
    return found.outputs_apart


def test_outputs_that_agree_have_no_section_and_no_node() -> None:
    found = report(None, check("web", cosine=1.0))
    assert found.outputs_apart is None
    assert found.status == "ok"


def test_the_node_is_named_that_is_given_what_agrees_and_makes_what_does_not() -> None:
    found = report(told(LAST, LATER, SAMPLED, *BEFORE))
    text = (
        "output y of web differs from native-128's by up to 90 % of its largest value (float32, cosine "
        "0.5200); they part first at GridSample_17 (GridSample), whose result does not agree (cosine "
        "0.5231): what it is given agrees with native-128's"
    )
    assert found.status == "outputs-differ"
    assert found.status_why == text
    assert found.headline == f"Outputs differ, so the times do not compare: {text}."
    terminal = " ".join(TERMINAL.render(found, Surface(width=160)).split())
    markdown = " ".join(MARKDOWN.render(found, Surface()).replace("\\", "").split())
    assert text in terminal
    assert text in markdown
    raw = msgspec.json.decode(encode_report(found))["outputs_apart"]
    assert raw == {
        "rung": "web",
        "reference": "native-128",
        "output": "y",
        "max_relative_difference": 0.9,
        "cosine": 0.52,
        "node": "GridSample_17",
        "op_type": "GridSample",
        "node_cosine": 0.5231,
        "looked_at": 5,
        "why": "",
    }


def test_a_node_that_no_other_comes_before_is_the_first() -> None:
    assert "(Conv), whose result does not agree (cosine 0.5200): no other comes before" in (
        report(told(between(0, "Conv", (), WRONG))).status_why
    )


def test_without_all_that_a_node_is_given_it_is_no_more_than_a_bound() -> None:
    found = report(told(LAST, LATER, SAMPLED, BEFORE[0], why="12 looks were not enough"))
    why = "they part at GridSample_17 (GridSample) or before it, and nearer than that was not found: 12 looks"
    assert why in found.status_why
    assert (section(found).node, section(found).op_type, section(found).node_cosine) == (None, None, None)
    assert section(found).why.startswith(why)


@pytest.mark.parametrize("seen", [(LAST, *BEFORE), (replace(LAST, given=("t5", "t9")), *BEFORE)])
def test_nodes_that_agree_once_they_are_asked_for_are_not_blamed_one_by_one(
    seen: tuple[Between, ...],
) -> None:
    found = report(told(*seen, healed=True))
    where = "they part in what the library makes of several nodes, at Softmax_30 (Softmax) or before it"
    assert where in found.status_why
    assert section(found).node is None


def whole(place: int, op_type: str, given: tuple[str, ...], dtype: str, difference: float) -> Between:
    seen = check("web", output=f"t{place}", dtype=dtype, difference=difference, max_abs_reference=255.0)
    return between(place, op_type, given, seen)


def test_a_step_of_what_is_quantised_is_rounding_and_two_are_the_node() -> None:
    step, two = (whole(17, "QuantizeLinear", ("t5", "t9"), "uint8", by) for by in (1.0, 2.0))
    found = report(told(LAST, LATER, step, *BEFORE))
    assert (section(found).node, section(report(told(LAST, LATER, two, *BEFORE))).node) == (
        "Conv_20",
        "QuantizeLinear_17",
    )
    limits = "what it is given agrees with native-128's, as far as a tolerance can tell"
    assert limits in found.status_why


@pytest.mark.parametrize(("op_type", "dtype"), [("Greater", "bool"), ("ArgMax", "int64"), ("Cast", "int32")])
def test_past_what_no_tolerance_can_judge_the_node_is_looked_for_further_up(op_type: str, dtype: str) -> None:
    flipped = whole(17, op_type, ("t9", "t5"), dtype, 7.0)
    assert section(report(told(LAST, LATER, flipped, *BEFORE))).node == "Conv_20"
    assert section(report(told(LAST, LATER, flipped, BEFORE[0]))).node is None, "t9 was not seen to agree"
    wrong = replace(BEFORE[1], check=replace(WRONG, output="t9"))
    assert section(report(told(LAST, LATER, flipped, BEFORE[0], wrong))).node == "Conv_9"


def test_an_output_of_the_model_has_to_agree_as_such() -> None:
    output = check("web", output="y", dtype="uint8", difference=1.0)
    last = replace(between(30, "QuantizeLinear", ("t5",), output), own=True)
    assert section(report(told(last, *BEFORE), output)).node == "QuantizeLinear_30"


def test_the_node_and_the_output_are_of_the_same_page() -> None:
    other = check("web-paced", difference=0.1, cosine=0.9, output="z")
    more = (told(between(0, "Conv", (), WRONG)),)
    found = record(Machine(), outputs=(other, WRONG))
    made = build(replace(found, entries=(*found.entries, *more)))
    assert (section(made).rung, section(made).output, section(made).node) == ("web", "y", "Conv_0")
    assert "output y of web differs" in made.status_why
    before = section(build(found))
    assert (before.rung, before.output) == ("web-paced", "z")


@pytest.mark.parametrize(
    ("parting", "why"),
    [
        (None, "which node it is was not looked for"),
        (told(why="both sides ran graphs of their own"), "was not found: both sides ran graphs of their own"),
    ],
)
def test_why_no_node_is_named_is_said(parting: Parting | None, why: str) -> None:
    assert section(report(parting)).why.endswith(why)


def test_where_numbers_were_lost_neither_an_angle_nor_a_difference_of_the_rest_is_told() -> None:
    lost = check(
        "web",
        output="y",
        same_nan_positions=False,
        exact=False,
        cosine=None,
    )
    found = report(told(between(0, "Conv", (), lost)), lost)
    assert "(Conv), whose result does not agree (NaN or infinities in other places)" in found.status_why
    assert (section(found).cosine, section(found).max_relative_difference) == (None, None)


def test_outputs_of_another_shape_have_neither_an_angle_nor_a_difference() -> None:
    found = section(report(None, check("web", output="y", same_shape=False, exact=False)))
    assert (found.cosine, found.max_relative_difference) == (None, None)


@pytest.mark.parametrize(
    "broken",
    [
        told(replace(LAST, place=-1)),
        told(replace(LAST, check=replace(WRONG, cosine=1.5))),
    ],
)
def test_what_no_look_can_have_seen_is_refused(broken: Parting) -> None:
    found = record(Machine())
    with pytest.raises(WrongUse, match="holds what no run can have measured"):
        decode_recording([encode_entry(found.begin), encode_entry(broken)], source="a recording")
