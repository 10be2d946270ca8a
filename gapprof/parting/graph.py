"""Which node makes which tensor of a graph, and which tensors are worth a look next. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import onnx

MOST = 8
"""Tensors of one look: each stays in memory until the run is over."""
_NO_TENSORS = frozenset(
    {
        *("Optional", "OptionalGetElement", "SequenceConstruct", "SequenceEmpty", "SequenceErase"),
        *("SequenceInsert", "SequenceMap", "SplitToSequence", "ZipMap"),
    }
)
"""Operators that may make what no page hands out."""
_CONSTANT = "Constant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """A node, and what it makes of what."""

    name: str
    """Of a node without one, the name of what it makes."""
    op_type: str
    inputs: tuple[str, ...]
    """What its subgraphs take from around them included."""
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Nodes in an order in which they can run."""

    makers: tuple[Maker, ...]
    places: Mapping[str, int]
    """Tensor → which of the nodes makes it."""

    def maker(self, tensor: str) -> Maker:
        """KeyError for what is given to the graph."""
        return self.makers[self.places[tensor]]


def graph_of(model: onnx.ModelProto) -> Graph:
    """Its outermost graph: what its subgraphs make nobody can ask for."""
    makers = tuple(_maker(node) for node in model.graph.node)
    places = {tensor: place for place, maker in enumerate(makers) for tensor in maker.outputs}
    return Graph(makers=makers, places=places)


def earliest(graph: Graph, tensors: Collection[str]) -> str:
    """Whose node comes first. ValueError for none."""
    return min(tensors, key=lambda tensor: (graph.places[tensor], tensor))


def given(graph: Graph, tensor: str) -> tuple[str, ...]:
    """What its node is given that other nodes made: the nearest that can be compared."""
    return tuple(sorted(_before(graph, tensor), key=lambda one: (graph.places[one], one)))


def suspects(graph: Graph, apart: str, same: Set[str]) -> tuple[str, ...]:
    """What that tensor is made from, step by step, up to what is known to agree; in the graph's order."""
    found: set[str] = set()
    left = [apart]
    while left:
        more = _before(graph, left.pop()) - same - found
        found |= more
        left += more
    return tuple(sorted(found, key=lambda one: (graph.places[one], one)))


def next_look(
    graph: Graph, apart: Collection[str], same: Set[str], passed_by: Set[str] = frozenset()
) -> tuple[str, ...]:
    """Tensors that would narrow it down; none: the earliest of those apart is where it begins.

    An ancestor of what is apart that is apart itself takes its place; one that agrees ends the way up; past
    one that tells nothing, `passed_by`, it goes on.
    """
    found = suspects(graph, earliest(graph, apart), same)
    return spread([tensor for tensor in found if tensor not in passed_by])


def spread(tensors: Sequence[str], most: int = MOST) -> tuple[str, ...]:
    """All where there are few, else so many at equal distances, neither the first nor the last."""
    if len(tensors) <= most:
        return tuple(tensors)
    return tuple(tensors[(number + 1) * len(tensors) // (most + 1)] for number in range(most))


def _before(graph: Graph, tensor: str) -> set[str]:
    found: set[str] = set()
    seen = {tensor}
    left = list(graph.maker(tensor).inputs)
    while left:
        one = left.pop()
        if one in seen or one not in graph.places:
            continue
        seen.add(one)
        maker = graph.maker(one)
        if maker.op_type in _NO_TENSORS:
            left += maker.inputs
        elif maker.op_type != _CONSTANT:
            found.add(one)
    return found


def _maker(node: onnx.NodeProto) -> Maker:
    outputs = tuple(name for name in node.output if name)
    return Maker(
        name=node.name or next(iter(outputs), ""),
        op_type=node.op_type,
        inputs=tuple(dict.fromkeys(name for name in _taken(node) if name)),
        outputs=outputs,
    )


def _taken(node: onnx.NodeProto) -> Iterator[str]:
    """Names of a subgraph's own are among them: what they hide is taken to be used, which costs a look."""
    yield from node.input
    for attribute in node.attribute:
        for subgraph in (attribute.g, *attribute.graphs):
            for inner in subgraph.node:
                yield from _taken(inner)
            yield from (port.name for port in subgraph.output)
