"""Whether nodes add up to a run, by figures that were not fitted to that run.

The share at which kernels are taken is what makes a pass's own sum fit, so at its own share a pass closes
whatever it holds. Here each pass is held to the share that the other passes of its rung say; and of a single
one each pair of blocks to that of the pairs beside it, which are the other half.
"""

from collections.abc import Iterator, Sequence
from statistics import median

from gapprof.facts.profile_pass import ProfilePass


def closure(passes: Sequence[ProfilePass]) -> float | None:
    """Of all passes, or all pairs of one, the closure in the middle by how far it is off; of two the worse.

    In the middle of closures as such, two passes would make 1 of any two shares: where the one is too long
    by the other's, that one is as much too short by its. Where nothing says a share, none was taken, and it
    is the uncut one.
    """
    told = [one for one in passes if one.kernel_share is not None]
    found = sorted(_by_passes(told) if len(told) > 1 else _by_halves(told), key=lambda one: abs(one - 1))
    return found[len(found) // 2] if found else uncut_closure(passes)


def uncut_closure(passes: Sequence[ProfilePass]) -> float | None:
    """With kernels as the profiler has them, less its chain: the median over all pairs of blocks."""
    found = [closed for one in passes for closed in one.closures_in(one.pairs, 1.0)]
    return median(found) if found else None


def _by_passes(passes: Sequence[ProfilePass]) -> Iterator[float]:
    """Each over its pairs of blocks, of which one or the other ran on a core that changed its speed."""
    shares = [one.kernel_share for one in passes if one.kernel_share is not None]
    for at, one in enumerate(passes):
        found = list(one.closures_in(one.pairs, median(shares[:at] + shares[at + 1 :])))
        if found:
            yield median(found)


def _by_halves(passes: Sequence[ProfilePass]) -> Iterator[float]:
    """Every second pair: both halves are of the whole length of the pass."""
    for one in passes:
        halves = one.pairs[::2], one.pairs[1::2]
        for half, other in (halves, halves[::-1]):
            share = one.kernel_share_in(other)
            if share is not None:
                yield from one.closures_in(half, share)
