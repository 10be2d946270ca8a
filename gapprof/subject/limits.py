"""Stated limits of a model that gapprof opens; all are checked before any runtime sees the file."""

GRAPH_FILE_BYTES = 2**31 - 1
"""Protobuf's own bound."""
TOTAL_BYTES = 4 * 2**30
"""Model and external data: what a wasm memory can address."""
NODES = 200_000
"""Nodes, those of subgraphs and functions included."""
INITIALIZERS = 200_000
ATTRIBUTES = 2_000_000
NESTING = 12
"""Graphs inside graphs (If, Loop, Scan); protobuf itself gives up at about 30."""
RANK = 32
TENSOR_BYTES = TOTAL_BYTES
NAME_CHARACTERS = 16_000
"""Of names of nodes, tensors and operators. A zip archive, as .npz is, ends at 64 KiB of UTF-8."""
INPUT_BYTES = 2**30
"""All inputs of one run together."""
SCENES_BYTES = 64 * 2**20
"""Seeded inputs that a stream is made of, together; but for the two that it needs."""
