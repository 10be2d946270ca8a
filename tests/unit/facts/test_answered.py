"""What the page's answers are worth beside native's, and which outputs have classes at all."""

import pytest
from msgspec.structs import replace

from gapprof.digest.qoe import answer_sentences, qoe_sentences
from gapprof.facts.answered import says_classes
from tests.unit.facts.felt import answered, answers_of, by_rate, felt, scenes, three_rounds


def test_answers_agree_by_first_and_by_five_and_lose_by_coming_late() -> None:
    found = felt(answered((0, 0), (0, 0), (1, 1), (1, 2))).answers
    assert found is not None
    assert (found.top1, found.top5, found.cosine) == (0.75, 1.0, 0.999)
    rates = {row.answers_per_s: row.accuracy for row in found.late if row.who == "rate"}
    assert rates[30.0] == 0.75
    assert rates[10.0] == 0.5  # 0, 0, 0 for 0, 0, 1, and then 2 for 1
    web = next(row for row in found.late if row.who == "web")
    assert web.latency_ms == pytest.approx(80.0)
    native = next(row for row in found.late if row.who == "native")
    assert native.accuracy == 0.75
    assert any("30 a second" in sentence for sentence in answer_sentences(found))


def test_a_stream_with_one_class_says_nothing_of_late_answers() -> None:
    found = felt(answered((3, 3), (3, 3))).answers
    assert found is not None
    assert found.classes == 1
    (_, _, said) = answer_sentences(found)
    assert "top-1 is vacuous here" in said
    assert "says nothing of what late answers would cost" in said


def test_labels_say_what_is_right() -> None:
    """Native is right for three of four, the page for two; of late answers those two are right at best."""
    told = scenes((0, 1, 2, 9), (0, 1, 9, 9), labels=(0, 1, 2, 3), given=True)
    found = answers_of(told)
    assert found.labelled is not None
    assert (found.labelled.inputs, found.labelled.native.point, found.labelled.web.point) == (4, 0.75, 0.5)
    assert found.labelled.web.low == pytest.approx(0.15, abs=0.005)  # Wilson, 2 of 4
    assert by_rate(found)[30.0].accuracy == 0.5
    said = " ".join(answer_sentences(found))
    assert "Over 4 inputs that were given" in said
    assert "native's first class is right for 75 % [30, 95] and the page's for 50 % [15, 85]" in said


def test_labels_without_classes_are_no_accuracy() -> None:
    told = scenes((0, 1), labels=(0, 1), output="")
    bare = tuple(replace(one, native_top=(), web_top=()) for one in told.answers)
    assert answers_of(replace(told, answers=bare)).labelled is None


def test_which_graph_ran_where_is_said() -> None:
    told = scenes((0, 1), native_graph="own", web_graph="own", web_where="worker")
    said = next(iter(answer_sentences(answers_of(told))))
    assert "the page's outputs (your file, the runtime's own options, in a worker)" in said
    assert "native's (your file, the runtime's own options)" in said
    found = felt(*(replace(one, graph="own") for one in three_rounds()))
    assert "The model (your file, the runtime's own options) runs" in next(iter(qoe_sentences(found)))


@pytest.mark.parametrize(
    ("name", "shape", "first", "says"),
    [
        ("output", (1, 1000), True, True),
        ("pooler_output", (1, 256), False, False),
        ("last_hidden_state", (1, 128, 256), True, False),
        ("logits", (1, 8, 5000), False, True),
        ("class_probabilities", (10,), False, True),
        ("boxes", (1, 100, 4), True, False),
        ("score", (1, 1), True, False),
        ("scalar", (), True, False),
    ],
)
def test_the_largest_value_of_a_hidden_state_is_no_class(
    name: str, shape: tuple[int, ...], first: bool, says: bool
) -> None:
    assert says_classes(name, shape, first=first) == says


def test_a_model_without_classes_has_no_accuracy_and_still_a_difference() -> None:
    told = answered((0, 0), (1, 1), output="")
    bare = tuple(replace(one, native_top=(), web_top=()) for one in told.answers)
    found = felt(replace(told, answers=bare)).answers
    assert found is not None
    assert (found.top1, found.late) == (None, ())
    assert len(list(answer_sentences(found))) == 1
