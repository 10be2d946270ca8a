import pytest

from gapprof.errors import ModelUnusable
from gapprof.records.death import Death
from gapprof.records.subject import NativeRefusal
from gapprof.subject.child import Answered, Died, Overdue
from gapprof.subject.refusal import answer_of


@pytest.mark.parametrize(
    ("outcome", "said", "death"),
    [
        (Died(returncode=-11, stderr=""), "crashed when asked to load it (SIGSEGV)", Death(by="SIGSEGV")),
        (
            Died(returncode=1, stderr=""),
            "crashed when asked to load it (exit code 1)",
            Death(by="exit code 1"),
        ),
        (
            Died(returncode=-6, stderr="a.h:1: f(): Assertion 'true' failed."),
            "crashed when asked to load it (SIGABRT: Assertion 'true' failed)",
            Death(by="SIGABRT", last_words="Assertion 'true' failed"),
        ),
        (Answered(value={"error": "no"}), "cannot load it: no", None),
    ],
)
def test_what_native_refuses_is_one_sentence_and_a_hint_and_tells_a_death_from_a_no(
    outcome: Answered | Died, said: str, death: Death | None
) -> None:
    refusal = answer_of(outcome, doing="load it", hint="try")
    assert isinstance(refusal, NativeRefusal)
    assert refusal.message == f"native onnxruntime {said}"
    assert refusal.hint
    assert refusal.death == death


def test_a_model_that_takes_for_ever_is_given_up_on_both_sides() -> None:
    with pytest.raises(ModelUnusable, match="within 3 s and was stopped"):
        answer_of(Overdue(deadline_s=3.0), doing="load it", hint="try")


def test_an_answer_is_passed_on() -> None:
    assert answer_of(Answered(value={"a": 1}), doing="", hint="") == {"a": 1}
