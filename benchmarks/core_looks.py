"""What a look at a core says of it at rest and full of others' work, and what a helper gets of its own core.

python benchmarks/core_looks.py [ROUNDS]

A run compares such looks with the fastest one that it has seen. Whoever waits for a core is not slow on it:
the first ratio should be 1 however many processes share that core. The last one is a helper's time on its
core over the looker's on the other, which is 1 where nothing keeps it from computing.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from gapprof.core_speed import busy_beside_us, cores, work_us

ROUNDS, LOOKS, BURNERS = 7, 3, 3
BURN = "import os\nos.sched_setaffinity(0, {int(os.environ['CORE'])})\nprint(flush=True)\nwhile True: pass"


@contextmanager
def full(core: int) -> Iterator[None]:
    """Others have three quarters of it."""
    environment = {**os.environ, "CORE": str(core)}
    command = [sys.executable, "-c", BURN]
    burning = [subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) for _ in range(BURNERS)]
    try:
        for one in burning:
            if one.stdout is not None:
                one.stdout.readline()
        yield
    finally:
        for one in burning:
            one.kill()
            one.communicate(timeout=60)


def look() -> tuple[float, float]:
    """At the first core: us by a few looks, in the middle, and what all of them took, ms."""
    began = time.monotonic()
    found_us = median(work_us()[0] for _ in range(LOOKS))
    return found_us, (time.monotonic() - began) * 1e3


def helped() -> float:
    """The part of their cores that the helpers got while the first one was looked at."""
    own_s, all_s = time.thread_time(), time.process_time()
    busy_beside_us()
    own_s, all_s = time.thread_time() - own_s, time.process_time() - all_s
    return (all_s - own_s) / own_s / max(1, len(cores()) - 1)


def main(rounds: int) -> None:
    """One line each; medians over rounds of ratios within a round."""
    if not cores():
        print("no look at a core: this system lets no thread choose its own, or there are too many")
        return
    ratios, waits, shares = list[float](), list[float](), list[float]()
    for _ in range(rounds):
        quiet_us, quiet_ms = look()
        with full(cores()[0]):
            beside_us, beside_ms = look()
        ratios.append(beside_us / quiet_us)
        waits.append(beside_ms / quiet_ms)
        shares.append(helped())
    print(f"beside {BURNERS} others on its core the work takes {shown(ratios)} of what it takes alone")
    print(f"the looks themselves, with the wait for that core, take {shown(waits)}")
    if len(cores()) > 1:
        print(f"a helper has {shown(shares)} of the looker's time on a core")


def shown(values: list[float]) -> str:
    """The median, and from the least to the most."""
    return f"{median(values):.2f}x [{min(values):.2f} to {max(values):.2f}]"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
