"""Vectors put together out of lanes of others."""

from collections.abc import Sequence

from gapprof.kernels.ir import Expression, Local, Shuffle


def in_turn(made: Sequence[Local], first: int, lanes: int) -> Expression:
    """Lanes of all vectors in turn: the first of each, then the second, and so on; from `first` on."""
    wanted = [(made[at % len(made)], at // len(made)) for at in range(first, first + lanes)]
    start, *others = dict.fromkeys(source for source, _ in wanted)
    second = others[0] if others else start
    order = tuple(lane + (lanes if source == second != start else 0) for source, lane in wanted)
    taken: Expression = Shuffle(start, second, order)
    for other in others[1:]:
        mixed = tuple(
            lanes + lane if source == other else place for place, (source, lane) in enumerate(wanted)
        )
        taken = Shuffle(taken, other, mixed)
    return taken
