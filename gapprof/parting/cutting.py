"""The same model with more outputs, in a file beside it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx


@contextmanager
def with_outputs(model: onnx.ModelProto, tensors: Collection[str], path: Path) -> Iterator[Path]:
    """Written at `path` while the block lasts. What lies outside the file stays where it is.

    An output needs no type: onnxruntime works them all out by itself.
    """
    ports = model.graph.output
    own = len(ports)
    known = {port.name for port in ports}
    ports.extend(onnx.ValueInfoProto(name=name) for name in tensors if name not in known)
    try:
        onnx.save(model, path)
        yield path
    finally:
        del ports[own:]
        path.unlink(missing_ok=True)
