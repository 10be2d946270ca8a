import pytest

from gapprof.text.refusals import last_words, of_node, readable, with_node

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
RUN_BY_METHOD = (
    "[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running Reshape node. Name:'r' "
    "Status Message: /onnxruntime_src/onnxruntime/core/providers/cpu/tensor/reshape_helper.h:39 "
    "onnxruntime::ReshapeHelper::ReshapeHelper(const onnxruntime::TensorShape&, onnxruntime::"
    "TensorShapeVector&, bool) input_shape_size == size was false. The input tensor cannot be reshaped"
)
IN_A_PAGE = "Can't create a session. ERROR_CODE: 6, ERROR_MESSAGE: No Op registered for Frob with version 17"
RUN_IN_A_PAGE = (
    "failed to call OrtRun(). ERROR_CODE: 2, ERROR_MESSAGE: /mnt/a_b/_work/1/s/onnxruntime/core/framework/"
    "op_kernel.cc:83 virtual OrtValue *onnxruntime::OpKernelContext::OutputMLValue(int, const TensorShape &) "
    "[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Tensor shape is too large\n"
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
        (
            RUN_BY_METHOD,
            "node 'r' (Reshape): input_shape_size == size was false. The input tensor cannot be reshaped",
        ),
        (IN_A_PAGE, "No Op registered for Frob with version 17"),
        (RUN_IN_A_PAGE, "Tensor shape is too large"),
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


def test_an_operator_cannot_either_and_is_as_short() -> None:
    sentence = of_node("the one", "\x1b[31mRed\n" + 1000 * "x", "it died")
    assert "\x1b" not in sentence
    assert "\n" not in sentence
    assert len(sentence) < 200


def test_a_refusal_stays_readable_in_length() -> None:
    assert len(readable("word " * 10_000)) < 520


NODES = (("first", "Relu"), ("second", "ReorderInput"), ("third", "ReorderInput"))


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            "Fatal error: com.microsoft.nchwc:ReorderInput(-1) is not a registered function/op",
            "node 'second' (ReorderInput): Fatal error: com.microsoft.nchwc:ReorderInput(-1) is not a "
            "registered function/op",
        ),
        ("No Op registered for Relu with 1", "node 'first' (Relu): No Op registered for Relu with 1"),
        ("No Op registered for Frob with 1", "No Op registered for Frob with 1"),
        (
            "onnxruntime-web 1.18 has no ReorderInput in com.microsoft.nchwc",
            "node 'second' (ReorderInput): onnxruntime-web 1.18 has no ReorderInput in com.microsoft.nchwc",
        ),
        (
            "onnxruntime-web has no Relu in operator set 17",
            "node 'first' (Relu): onnxruntime-web has no Relu in operator set 17",
        ),
        ("node 'a' (Relu): No Op registered for Relu", "node 'a' (Relu): No Op registered for Relu"),
        ("Relu ran out of luck", "Relu ran out of luck"),
    ],
)
def test_a_page_that_names_an_operator_alone_is_given_the_node(message: str, sentence: str) -> None:
    assert with_node(message, NODES) == sentence


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        ("/x/stl_vector.h:1149: f(): Assertion '__n < size()' failed.\n", "Assertion '__n < size()' failed"),
        ("terminate called\n  what():  std::bad_alloc\n", "what(): std::bad_alloc"),
        ("Fatal Python error: Aborted\n", ""),
        (
            'ImportError: no a\n\nDuring handling of that:\n  File "x.py"\nSystemError: without a reason\n',
            "SystemError: without a reason",
        ),
        (
            "Traceback:\n  pkg.OddException: \x1b[31mred\npkg.OddException: \x1b[31mred",
            "pkg.OddException: ␛[31mred",
        ),
        ("RuntimeError: it broke\nAssertion 'a' failed\n", "Assertion 'a' failed"),
    ],
)
def test_the_last_words_of_a_program_are_kept(stderr: str, said: str) -> None:
    assert last_words(stderr) == said
