"""Short samples beside neighbours on the core."""

from collections.abc import Sequence


def undisturbed(samples: Sequence[float]) -> float:
    """The lower quartile: samples of milliseconds have two paces, with and without a neighbour on the core.

    A neighbour only ever slows down, and a browser has some of its own; the median flips from pace to pace.
    For ratios of two sides that are both read so; it is no latency that anybody would see.
    """
    ordered = sorted(samples)
    return ordered[len(ordered) // 4]
