"""Times, sizes and counts that no run lives to see."""

LONGEST_MS = 1e9
LONGEST_US = 1e12
LONGEST_NS = 1e15
MOST_THREADS = 1_000_000
MOST = 1e15
"""Calls, bytes, operations."""


def lasting(*times_ms: float) -> bool:
    """Whether all of these can have passed; none at all can."""
    return all(0 <= ms < LONGEST_MS for ms in times_ms)


def timed(samples_us: tuple[float, ...]) -> bool:
    """Whether something was timed, and can have taken this."""
    return bool(samples_us) and all(0 < us < LONGEST_US for us in samples_us)


def counted(*counts: float) -> bool:
    """Whether all of these can have been counted; none at all can."""
    return all(0 <= count < MOST for count in counts)
