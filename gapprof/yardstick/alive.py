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
    last_read = {name: at for at, node in enumerate(graph.node) for name in node.input}
    last_read |= dict.fromkeys((one.name for one in graph.output), len(graph.node))
    sizes = {spec.name: size_bytes(spec.dtype, spec.shape) for spec in facts.inputs}
    alive, most = sum(sizes.values()), 0
    for at, node in enumerate(graph.node):
        row, made = census.get(node.name), [name for name in node.output if name]
        if row and node.op_type not in _VIEWS and len(made) == len(row.output_shapes):
            dtypes = row.output_dtypes or ("float32",) * len(made)
            sizes |= dict(zip(made, map(size_bytes, dtypes, row.output_shapes), strict=True))
        elif node.op_type in _VIEWS and node.input[0] in sizes:
            sizes[made[0]] = sizes.pop(node.input[0])
            last_read[made[0]] = max(last_read.get(made[0], at), last_read[node.input[0]])
            continue
        alive += sum(sizes.get(name, 0) for name in made)
        most = max(most, alive)
        over = {name for name in (*node.input, *made) if last_read.get(name, at) <= at}
        alive -= sum(sizes.pop(name, 0) for name in over)
    return most
