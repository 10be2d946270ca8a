"""How much of its activations a model keeps alive at once: each from being written to being read last."""

import onnx

from gapprof.records.model import ModelFacts
from gapprof.subject.census import size_bytes

_VIEWS = frozenset(("Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Dropout"))
"""Whose result is their input, under another name."""


def alive_bytes(graph: onnx.GraphProto, facts: ModelFacts) -> int:
    """The most, over all nodes in their order, of what is written or still to be read; without weights.

    Outputs of nodes that the census knows nothing of count nothing.
    """
    census = {row.name: row for row in facts.nodes}
    roots = _roots(graph)
    last_read = {roots.get(name, name): at for at, node in enumerate(graph.node) for name in node.input}
    last_read |= {roots.get(one.name, one.name): len(graph.node) for one in graph.output}
    sizes = {spec.name: size_bytes(spec.dtype, spec.shape) for spec in facts.inputs}
    alive, most = sum(sizes.values()), 0
    for at, node in enumerate(graph.node):
        row, made = census.get(node.name), [name for name in node.output if name and name not in roots]
        if row and len(made) == len(row.output_shapes):
            dtypes = row.output_dtypes or ("float32",) * len(made)
            sizes |= dict(zip(made, map(size_bytes, dtypes, row.output_shapes), strict=True))
        alive += sum(sizes.get(name, 0) for name in made)
        most = max(most, alive)
        touched = {roots.get(name, name) for name in (*node.input, *made)}
        over = {name for name in touched if last_read.get(name, at) <= at}
        alive -= sum(sizes.pop(name, 0) for name in over)
    return most


def _roots(graph: onnx.GraphProto) -> dict[str, str]:
    """Name of a view → the tensor whose memory it is."""
    found: dict[str, str] = {}
    for node in graph.node:
        if node.op_type in _VIEWS:
            found[node.output[0]] = found.get(node.input[0], node.input[0])
    return found
