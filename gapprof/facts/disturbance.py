"""Load from outside: busy time of the machine that nothing of ours explains. Only this may void a trial."""

from gapprof.records.trial import Load

BOUND = 0.05
"""Outside CPU time over wall time above which a trial is repeated. The same on every rung."""
TICK_MS = 10.0
"""/proc/stat counts in ticks of 10 ms; a window is uncertain by one at each end and for each side."""
UNCERTAIN_MS = 4 * TICK_MS


def outside_ms(load: Load) -> float | None:
    """CPU time that somebody else used during the trial; None where the system does not say."""
    if load.machine_busy_ms is None or load.own_cpu_ms is None:
        return None
    return load.machine_busy_ms - load.own_cpu_ms


def disturbed(load: Load) -> str | None:
    """Why this trial should be repeated, looked at before its latency; None when it was quiet."""
    outside = outside_ms(load)
    if outside is None or outside - UNCERTAIN_MS <= BOUND * load.wall_ms:
        return None
    return f"outside load: other programs used {outside / load.wall_ms:.0%} of a core during the trial"
