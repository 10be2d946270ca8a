import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from gapprof.errors import ModelUnusable
from gapprof.subject.declared import declared_inputs, listing
from tests.unit.subject.drawing import drawn, relu


def test_free_dimensions_keep_their_names_and_get_one_where_they_have_none() -> None:
    model = drawn([relu()], inputs=[("x", TensorProto.FLOAT, ("batch", None, 7, -1))])
    assert declared_inputs(model)["x"].dims == ("batch", "x[1]", 7, "x[3]")


@pytest.mark.parametrize(
    ("shape", "named"),
    [
        ((None, 3, None, None), ("x[0]", 3, "x[height]", "x[width]")),
        ((None, None, None, 3), ("x[0]", "x[height]", "x[width]", 3)),
    ],
)
def test_the_free_sides_of_an_image_are_called_so(
    shape: tuple[int | None, ...], named: tuple[object, ...]
) -> None:
    assert declared_inputs(drawn([relu()], inputs=[("x", TensorProto.FLOAT, shape)]))["x"].dims == named


def test_an_initializer_listed_among_the_inputs_is_no_input() -> None:
    model = drawn(
        [helper.make_node("Add", ["x", "w"], ["y"])],
        inputs=[("x", TensorProto.FLOAT, (2,)), ("w", TensorProto.FLOAT, (2,))],
        weights={"w": np.ones(2, np.float32)},
    )
    assert list(declared_inputs(model)) == ["x"]


@pytest.mark.parametrize("kind", [TensorProto.STRING, TensorProto.BFLOAT16, TensorProto.INT4, 99])
def test_elements_that_cannot_be_fed_are_refused(kind: int) -> None:
    model = drawn([relu()])
    model.graph.input[0].type.tensor_type.elem_type = kind
    with pytest.raises(ModelUnusable, match="cannot feed"):
        declared_inputs(model)


def test_an_input_that_is_no_tensor_is_refused() -> None:
    model = drawn([relu()])
    tensor = helper.make_tensor_type_proto(TensorProto.FLOAT, (1,))
    model.graph.input[0].type.CopyFrom(helper.make_sequence_type_proto(tensor))
    with pytest.raises(ModelUnusable, match="is no tensor"):
        declared_inputs(model)


def test_an_input_without_any_shape_is_refused() -> None:
    model = drawn([relu()])
    model.graph.input[0].type.tensor_type.ClearField("shape")
    with pytest.raises(ModelUnusable, match="has no shape"):
        declared_inputs(model)


def test_a_negative_dimension_other_than_the_old_sign_for_free_is_refused() -> None:
    with pytest.raises(ModelUnusable, match="a negative dimension"):
        declared_inputs(drawn([relu()], inputs=[("x", TensorProto.FLOAT, (-7, 3))]))


def test_a_name_with_a_nul_is_refused() -> None:
    model = drawn([relu()])
    model.graph.input[0].name = "x\0y"
    with pytest.raises(ModelUnusable, match="NUL"):
        declared_inputs(model)


def test_the_listing_of_a_model_without_inputs_says_so() -> None:
    assert listing(declared_inputs(onnx.ModelProto())) == "The model takes no inputs."
