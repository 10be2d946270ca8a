"""Images made larger, as exporters leave it."""

import numpy as np

from gapprof.subject.sketch import Sketch


def doubled(sketch: Sketch, path: str, source: str) -> str:
    """Twice as high and wide, each pixel four times."""
    scales = sketch.weight(f"{path}.scales", np.array([1, 1, 2, 2], np.float32))
    return sketch.node(
        path,
        "Resize",
        [source, "", scales],
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )
