"""How late looks at a thread come, and how far its times are from wall time, at rest and on a full machine.

python benchmarks/late_looks.py [ROUNDS]

The thread burns and sleeps in turns of 20 ms, and so lets go of its core just when whoever waited for it gets
to look. What comes late beyond `MOST_LATE` keeps a report from judging that visit; on-CPU time, run queue and
blocked time should come to wall time within `CLOSES`.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from gapprof.browser.crew import Crew
from gapprof.browser.states import watched
from gapprof.facts.closing import CLOSES, MOST_LATE
from gapprof.records.trial import ThreadBalance

ROUNDS, WATCHED_S = 9, 1.0
BURNS = "print(flush=True)\nwhile True: pass"
HALF = """import time
print(flush=True)
while True:
    end = time.perf_counter() + 0.02
    while time.perf_counter() < end: pass
    time.sleep(0.02)"""


@contextmanager
def running(code: str, times: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many processes that have begun with it."""
    command = [sys.executable, "-c", code]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(times)]
    try:
        for one in started:
            if one.stdout is not None:
                one.stdout.readline()
        yield started
    finally:
        for one in started:
            one.kill()
            one.communicate(timeout=60)


def balance() -> ThreadBalance:
    """Of that thread."""
    with running(HALF, 1) as (child,):
        with watched(Crew(renderer=child.pid, roles={child.pid: "inference"})) as found:
            time.sleep(WATCHED_S)
        (one,) = found.balances
        return one


def main(rounds: int) -> None:
    """One line at rest, one beside work on every core, in turns."""
    burners = {"at rest": 0, "beside work on every core": os.cpu_count() or 1}
    seen: dict[str, list[ThreadBalance]] = {name: [] for name in burners}
    for _ in range(rounds):
        for name, times in burners.items():
            with running(BURNS, times):
                seen[name].append(balance())
    for name, found in seen.items():
        late = [(one.late_ms or 0.0) / one.wall_ms for one in found]
        apart = [(one.cpu_ms + one.run_queue_ms + one.blocked_ms) / one.wall_ms - 1 for one in found]
        looks = [one.looks / one.wall_ms for one in found]
        most = max(apart, key=abs)
        print(f"{name}: {median(looks):.2f} looks per ms")
        print(f"  late {median(late):.2%} of the time, at most {max(late):.2%}; judged up to {MOST_LATE:.0%}")
        print(f"  from wall time {median(apart):+.2%}, at most {most:+.2%}; to close within {CLOSES:.0%}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
