"""What is known of a graph before it runs, and who is left to make it."""

import numpy as np
from onnx import TensorProto, helper

from gapprof.records.twins import TwinNode
from gapprof.yardstick.beforehand import Beforehand


def test_what_a_twin_makes_is_known_to_those_that_have_none() -> None:
    """Angles of positions: a product that a twin is left to do, and cosines that no kernel here makes."""
    nodes = [
        helper.make_node("Cast", ["p"], ["floats"], name="cast", to=TensorProto.FLOAT),
        helper.make_node("Mul", ["floats", "w"], ["angles"], name="angles"),
        helper.make_node("Cos", ["angles"], ["cosines"], name="cosines"),
        helper.make_node("Mul", ["x", "cosines"], ["y"], name="turned"),
    ]
    frequencies = helper.make_tensor("w", TensorProto.FLOAT, (1, 4), [1, 0.5, 0.25, 0.125])
    graph = helper.make_graph(nodes, "g", [], [], [frequencies])
    twins = {name: TwinNode(name=name, op_type="Mul", parts=("some nest",)) for name in ("angles", "turned")}
    positions = np.arange(3)[:, None]
    known = Beforehand(graph, 17, {"p": positions}, twins)
    assert "floats" in known
    assert "angles" not in known
    assert known.tells("angles")
    assert "cosines" in known
    assert not known.tells("y")
    np.testing.assert_allclose(known["cosines"], np.cos(positions * 0.5 ** np.arange(4)), rtol=1e-6)
