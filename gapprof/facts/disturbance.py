"""Load from outside, busy time of the machine that nothing of ours explains: it alone may void a trial. And
cores that are slower than they can be, on which a stretch is timed anew."""

from collections.abc import Collection, Iterable, Sequence
from itertools import combinations

from gapprof.records.trial import Load

BOUND = 0.05
"""Outside CPU time over wall time above which a trial is repeated. The same on every rung."""
TICK_MS = 10.0
"""/proc/stat counts in ticks of 10 ms; a window is uncertain by one at each end and for each side."""
UNCERTAIN_MS = 4 * TICK_MS
SLOWER = 1.35
"""Times as long as at its fastest takes the fixed piece of work on a slow core: looks at a core of one's own
differ by less than 1.2, as far as its clock rises where neighbours rest; shared ones take 1.6 and more
(measured)."""
FARTHER = 1.5
"""Times as long as at its nearest takes reading what another core wrote: looks at near ones differ by up to
1.4, just behind a model's run; far ones take 1.8 and more (measured)."""


def outside_ms(load: Load) -> float | None:
    """CPU time that somebody else used during the trial; None where the system does not say."""
    if load.machine_busy_ms is None or load.own_cpu_ms is None:
        return None
    return load.machine_busy_ms - load.own_cpu_ms


def outside_beyond_doubt_ms(load: Load) -> float:
    """Of that, what programs outside used, beyond what the counters are unsure of; what a hypervisor took is
    nobody's."""
    return max(0.0, (outside_ms(load) or 0.0) - (load.stolen_ms or 0.0) - uncertain_ms(load))


def stolen_beyond_doubt_ms(load: Load) -> float:
    """What a hypervisor took, beyond the same."""
    return max(0.0, (load.stolen_ms or 0.0) - uncertain_ms(load))


def uncertain_ms(load: Load) -> float:
    """What the system's counters are unsure of."""
    return load.windows * UNCERTAIN_MS


def disturbed(load: Load) -> str | None:
    """Why this trial should be repeated, looked at before its latency; None when it was quiet."""
    outside = outside_ms(load)
    if outside is None or outside - uncertain_ms(load) <= BOUND * load.wall_ms:
        return None
    return f"outside load: other programs used {outside / load.wall_ms:.0%} of a core during the trial"


def slowdown(load: Load, fastest_us: Sequence[float]) -> float | None:
    """How many times as long as at its fastest the work took just before or just after, on the slowest core
    that the model used. None where all were fast, or nobody looked; what was between both, nobody saw."""
    work = load.core_work
    if work is None:
        return None
    looks = (slow_cores(fastest_us, us, work.used) for us in (work.before_us, work.after_us))
    return max((times for slow in looks for times in slow.values()), default=None)


def distance(load: Load, nearest_us: Sequence[float]) -> float | None:
    """How many times as long as at its nearest one of the cores that the model used took to read what another
    had written, at the most, just before or just after. None where all were near, or nobody looked."""
    work = load.core_work
    if work is None:
        return None
    looks = (work.handed_before_us, work.handed_after_us)
    far = (far_pairs(len(work.fastest_us), nearest_us, us, work.used) for us in looks)
    return max((times for pairs in far for times in pairs.values()), default=None)


def fastest_seen_us(loads: Iterable[Load]) -> tuple[float, ...]:
    """Core by core, whenever it was; a run itself knows only what it has seen so far."""
    works = [load.core_work for load in loads if load.core_work is not None]
    looks = [us for work in works for us in (work.fastest_us, work.before_us, work.after_us)]
    return tuple(map(min, zip(*looks, strict=False)))


def nearest_seen_us(loads: Iterable[Load]) -> tuple[float, ...]:
    """The same pair by pair."""
    works = [load.core_work for load in loads if load.core_work is not None and load.core_work.nearest_us]
    looks = [us for work in works for us in (work.nearest_us, work.handed_before_us, work.handed_after_us)]
    return tuple(map(min, zip(*looks, strict=False)))


def slow_cores(
    fastest_us: Sequence[float], found_us: Sequence[float], used: Collection[int] = ()
) -> dict[int, float]:
    """Place → how many times as long as at its fastest the work took, of those of the `used` cores, or of
    all where none is named, that were slow."""
    pairs = enumerate(zip(fastest_us, found_us, strict=False))
    times = {place: found / fastest for place, (fastest, found) in pairs if not used or place in used}
    return {place: one for place, one in times.items() if one > SLOWER}


def far_pairs(
    cores: int, nearest_us: Sequence[float], found_us: Sequence[float], used: Collection[int] = ()
) -> dict[tuple[int, int], float]:
    """Places of two of so many cores → how many times as long as at its nearest one took to read what the
    other had written, of those pairs of the `used` cores, or of all where none is named, that were far."""
    pairs = zip(combinations(range(cores), 2), zip(nearest_us, found_us, strict=False), strict=False)
    times = {pair: found / nearest for pair, (nearest, found) in pairs if not used or set(pair) <= set(used)}
    return {pair: one for pair, one in times.items() if one > FARTHER}
