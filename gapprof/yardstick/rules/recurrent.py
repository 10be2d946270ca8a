"""Recurrent networks, step by step."""

from gapprof.kernels.families.gates import Gates
from gapprof.kernels.families.gemm import Gemm
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rule, Rules

_DEFAULTS = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"]}
_PEEPHOLES = 7


def _recurrent(cell: str) -> Rule:
    """For each direction the product of all inputs at once, those of the states step by step, and the gates.

    Steps wait for each other in the model, not here: each has rows of its own.
    """

    def rule(node: Node) -> Parts:
        sequence, weights = node.input(0), node.input(1)
        _refuse_unusual(node)
        steps, batch, inputs = sequence
        directions, every, hidden = weights[0], weights[1], node.input(2)[2]
        biased = node.has(3)
        given = Gemm(rows=steps * batch, depth=inputs, columns=every, bias="column" if biased else "")
        recalled = Gemm(
            rows=batch,
            depth=hidden,
            columns=every,
            batch=steps,
            shared="b",
            bias="column" if biased and cell == "gru" else "",
        )
        gates = Gates(rows=steps * batch, hidden=hidden, cell="gru" if cell == "gru" else "lstm")
        return [given, recalled, gates] * directions

    return rule


def _refuse_unusual(node: Node) -> None:
    """Raises NoTwinError for what few networks ask for."""
    defaults = _DEFAULTS[node.proto.op_type]
    named = node.attribute("activations", None)
    if named is not None and [one.decode() for one in named] != defaults * (len(named) // len(defaults)):
        raise NoTwinError("its gates have other functions than the usual ones")
    if not (node.constant[1] and node.constant[2]):
        raise NoTwinError("its matrices are no weights")
    if node.has(4):
        raise NoTwinError("its rows may end early")
    if node.has(_PEEPHOLES) or node.attribute("input_forget", 0) or node.attribute("clip", 0.0):
        raise NoTwinError("its gates see the cell, are one, or are clipped")
    if node.attribute("layout", 0):
        raise NoTwinError("its batch comes before its steps")
    if node.proto.op_type == "GRU" and not node.attribute("linear_before_reset", 0):
        raise NoTwinError("its reset comes before the product")


RULES = Rules(
    id="recurrent",
    by_operator={("ai.onnx", "LSTM"): _recurrent("lstm"), ("ai.onnx", "GRU"): _recurrent("gru")},
)
