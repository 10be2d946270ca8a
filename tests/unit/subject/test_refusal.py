import pytest

from gapprof.errors import ExitCode, ModelUnusable
from gapprof.subject.child import Answered, Died, Overdue
from gapprof.subject.refusal import answer_of, readable

UNKNOWN = (
    "[ONNXRuntimeError] : 10 : INVALID_GRAPH : Load model from /somewhere/a.onnx failed:"
    'This is an invalid model. In Node, ("frob", Frob, "", -1) : ("d": tensor(float),) -> ("z",) , '
    "Error No Op registered for Frob with domain_version of 17"
)
RANK = (
    "[ONNXRuntimeError] : 1 : FAIL : Load model from b.onnx failed:Node (/pooler/Gemm) Op (Gemm) "
    "[ShapeInferenceError] Input 0 expected to have rank 2 in ."
)
RUN = (
    "[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running Where node. "
    "Name:'/h.0/Where' Status Message: /onnxruntime_src/core/element_wise_ops.h:563 65 by 192"
)
IR = (
    "[ONNXRuntimeError] : 1 : FAIL : Load model from ir99.onnx failed:"
    "/onnxruntime_src/onnxruntime/core/graph/model.cc:202 onnxruntime::Model::Model(onnx::ModelProto&&, "
    "const onnxruntime::PathString&, const onnxruntime::ModelOptions&) Unsupported model IR version: 99\n"
)
OPSET = (
    "[ONNXRuntimeError] : 1 : FAIL : Load model from m.onnx failed:"
    "/onnxruntime_src/onnxruntime/core/graph/model_load_utils.h:46 void "
    "onnxruntime::model_load_utils::ValidateOpsetForDomain(const std::unordered_map<std::__cxx11::"
    "basic_string<char>, int>&, bool, const std::string&, int) ONNX Runtime only *guarantees* support"
)


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (UNKNOWN, "node 'frob' (Frob): No Op registered for Frob with domain_version of 17"),
        (
            RANK,
            "node '/pooler/Gemm' (Gemm): [ShapeInferenceError] Input 0 expected to have rank 2 in .",
        ),
        (RUN, "node '/h.0/Where' (Where): 65 by 192"),
        (IR, "Unsupported model IR version: 99"),
        (OPSET, "ONNX Runtime only *guarantees* support"),
        ("something\n  else", "something else"),
    ],
)
def test_a_refusal_is_one_line_that_names_the_node(message: str, sentence: str) -> None:
    assert readable(message) == sentence


def test_names_in_a_refusal_cannot_steer_a_terminal() -> None:
    assert "\x1b" not in readable(UNKNOWN.replace("frob", "\x1b[2J" + "a" * 10_000))
    assert "\x1b" not in readable("\x1b[31m red")


def test_a_refusal_stays_readable_in_length() -> None:
    assert len(readable("word " * 10_000)) < 520


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Overdue(deadline_s=3.0), "within 3 s and was stopped"),
        (Died(returncode=-11, stderr=""), r"crashed when asked to load it \(signal 11\)"),
        (Died(returncode=1, stderr=""), r"\(exit code 1\)"),
        (Answered(value={"error": "no"}), "cannot load it: no"),
    ],
)
def test_every_way_to_fail_is_one_sentence(outcome: Answered | Died | Overdue, said: str) -> None:
    with pytest.raises(ModelUnusable, match=said) as caught:
        answer_of(outcome, doing="load it", hint="try")
    assert caught.value.hint
    assert caught.value.exit_code == ExitCode.MODEL_UNUSABLE


def test_an_answer_is_passed_on() -> None:
    assert answer_of(Answered(value={"a": 1}), doing="", hint="") == {"a": 1}
