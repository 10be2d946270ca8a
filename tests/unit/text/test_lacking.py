import pytest

from gapprof.text.lacking import hint_of, lacking, lacking_in_118

LIBRARY = "onnxruntime-web 1.18"
CONTRIBUTED = (
    "Fatal error: com.microsoft:SkipSimplifiedLayerNormalization(-1) is not a registered function/op"
)
RELEASED = (
    "ONNX Runtime only *guarantees* support for models stamped with official released onnx opset versions. "
    "Opset 23 is under development and support for this is limited. The operator schemas and or other "
    "functionality may change before next ONNX release and in this case ONNX Runtime will not guarantee "
    "backward compatibility. Current official support for domain ai.onnx is till opset 21."
)
MOUNTED = (
    'Deserialize tensor wpe.weight failed.Failed to load external data file "./decoder-small.data", error: '
    "Module.MountedFiles is not available."
)


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (CONTRIBUTED, "onnxruntime-web 1.18 has no SkipSimplifiedLayerNormalization in com.microsoft"),
        ("Fatal error: :Frob(-1) is not a registered function/op", f"{LIBRARY} has no Frob in ai.onnx"),
        (
            "No Op registered for Frob with domain_version of 17",
            "onnxruntime-web 1.18 has no Frob in operator set 17",
        ),
        (
            "node 'frob' (Frob): No Op registered for Frob with domain_version of 17",
            "node 'frob' (Frob): onnxruntime-web 1.18 has no Frob in operator set 17",
        ),
        (
            "Could not find an implementation for Gelu(20) node with name '/mlp/Gelu'",
            "node '/mlp/Gelu' (Gelu): onnxruntime-web 1.18 has no Gelu in version 20 for these types",
        ),
        (
            "Could not find an implementation for Gelu(20) node with name ''",
            "onnxruntime-web 1.18 has no Gelu in version 20 for these types",
        ),
        (
            "Unsupported model IR version: 11, max supported IR version: 10",
            "onnxruntime-web 1.18 reads models of IR version 10 at most, and this one has 11",
        ),
        (
            RELEASED,
            "onnxruntime-web 1.18 knows operator sets of ai.onnx up to 21, and this model has 23",
        ),
        (
            MOUNTED,
            "onnxruntime-web 1.18 mounts no external data, and the model has weights in ./decoder-small.data",
        ),
    ],
)
def test_what_a_build_lacks_is_one_sentence(message: str, sentence: str) -> None:
    assert lacking(message, library=LIBRARY) == sentence
    assert lacking_in_118(message, library=LIBRARY) == sentence


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Tensor shape is too large",
        "node 'a' (Gemm): rank 2 in .",
        "TypeError: Failed to fetch",
        "Error: 404",
    ],
)
def test_anything_else_is_left_alone(message: str) -> None:
    assert lacking(message, library=LIBRARY) == ""
    assert lacking_in_118(message, library=LIBRARY) == ""


def test_of_1_18_a_mere_number_means_that_it_does_not_know_the_model_or_ran_out_of_memory() -> None:
    assert lacking("Error: 8463488", library=LIBRARY) == ""
    assert lacking_in_118("Error: 8463488", library=LIBRARY) == (
        "onnxruntime-web 1.18 refuses the model without words, as it does where an operator, an operator "
        "set or the file's version is unknown to it, or where memory ends"
    )


@pytest.mark.parametrize("thrown", ["Re[a] is not a function", "et[e] is not a function"])
def test_a_script_without_what_its_wasm_calls_may_lack_the_reading_of_external_data(thrown: str) -> None:
    message = f"TypeError: {thrown}"
    assert lacking_in_118(message, library=LIBRARY) == ""
    assert hint_of(message).startswith(
        "Plain builds of onnxruntime-web up to 1.18 end so on a model with weights"
    )
    assert hint_of("TypeError: Failed to fetch") == ""
