"""The ends of detectors: one row for each anchor, from however many feature maps."""

from collections.abc import Sequence

from gapprof.subject.sketch import Sketch


def rows(sketch: Sketch, path: str, source: str, width: int) -> str:
    """[batch, anchors * width, height, columns] as [batch, height * columns * anchors, width]."""
    turned = sketch.node(path, "Transpose", [source], perm=(0, 2, 3, 1))
    return sketch.node(path, "Reshape", [turned, sketch.ints(f"{path}.rows", 0, -1, width)])


def joined(sketch: Sketch, path: str, parts: Sequence[str]) -> str:
    """The rows of all feature maps, one below the other."""
    return sketch.node(path, "Concat", parts, axis=1)
