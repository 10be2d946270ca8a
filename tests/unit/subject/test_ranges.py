import numpy as np
import pytest
from onnx import TensorProto, helper

from gapprof.subject.ranges import table_rows
from tests.unit.subject.drawing import drawn

IDS = [("ids", TensorProto.INT64, ("batch", "seq"))]
TABLE = {"table": np.zeros((50, 8), np.float32), "small": np.zeros((2, 8), np.float32)}


def _gather(index: str, table: str = "table", **attributes: int) -> object:
    return helper.make_node("Gather", [table, index], ["y"], **attributes)


def test_rows_of_the_embedding_bound_the_ids() -> None:
    assert table_rows(drawn([_gather("ids")], inputs=IDS, weights=TABLE).graph, "ids") == 50


@pytest.mark.parametrize("op", ["Cast", "Reshape", "Unsqueeze", "Flatten", "Identity"])
def test_ids_are_followed_through_changes_of_shape_and_type(op: str) -> None:
    nodes = [helper.make_node(op, ["ids"], ["same"]), _gather("same")]
    assert table_rows(drawn(nodes, inputs=IDS, weights=TABLE).graph, "ids") == 50


def test_the_smallest_of_several_tables_counts() -> None:
    nodes = [_gather("ids"), _gather("ids", "small")]
    assert table_rows(drawn(nodes, inputs=IDS, weights=TABLE).graph, "ids") == 2


def test_the_axis_of_the_lookup_counts() -> None:
    assert table_rows(drawn([_gather("ids", axis=1)], inputs=IDS, weights=TABLE).graph, "ids") == 8


def test_a_quantised_table_is_seen_through_its_dequantisation() -> None:
    nodes = [helper.make_node("DequantizeLinear", ["table", "s"], ["real"]), _gather("ids", "real")]
    assert table_rows(drawn(nodes, inputs=IDS, weights=TABLE).graph, "ids") == 50


def test_each_id_input_of_a_fused_embedding_has_its_own_table() -> None:
    inputs = ["ids", "kinds", "table", "positions", "small"]
    node = helper.make_node("EmbedLayerNormalization", inputs, ["y"], domain="com.microsoft")
    graph = drawn([node], inputs=IDS, weights=TABLE).graph
    assert (table_rows(graph, "ids"), table_rows(graph, "kinds")) == (50, 2)


@pytest.mark.parametrize("op", ["Add", "Shape"])
def test_an_input_that_indexes_nothing_has_no_rows(op: str) -> None:
    nodes = [helper.make_node(op, ["ids"], ["other"]), _gather("other")]
    assert table_rows(drawn(nodes, inputs=IDS, weights=TABLE).graph, "ids") is None


def test_a_table_that_is_computed_has_no_known_rows() -> None:
    nodes = [helper.make_node("Add", ["table", "table"], ["sum"]), _gather("ids", "sum")]
    assert table_rows(drawn(nodes, inputs=IDS, weights=TABLE).graph, "ids") is None
