"""The stage that `--cold` adds: starts in fresh browsers and fresh native processes, in turn."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.cold.natively import started
from gapprof.cold.visits import Starting
from gapprof.guard import Guard
from gapprof.measure.extra import Beyond, Extra, noting
from gapprof.records.cold import CACHES, Creations, Start
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal
from gapprof.records.trial import Failure

ROUNDS = 4
TRACED = 2
"""Of the rounds, and never of all: what is compiled is the same each time."""
_DEPLOYED, _NATIVE = "web", "native"
_MOST_FAILURES = 2
"""Of one kind: one may be bad luck."""
Found = tuple[Start | Creations, ...] | Failure | NativeRefusal


def starting(settings: Settings, *, guard: Guard, scratch: Path, rounds: int = ROUNDS) -> Extra:
    """Bound to one run of this machine."""

    return noting("--cold", lambda beyond: _told(settings, guard, scratch, beyond, rounds))


def _told(settings: Settings, guard: Guard, scratch: Path, beyond: Beyond, rounds: int) -> None:
    journal, teller = beyond.journal, beyond.teller
    equipment = Equipment(
        executable=assets.find_browser(settings.browser), probes=assets.probes_web(), guard=guard
    )
    browser = Starting(equipment=equipment, dist=assets.web_dist(settings.web_dist), now_s=journal.now_s)

    def natively(number: int) -> Found:
        job = beyond.job(_NATIVE, number, seed=settings.seed)
        found: list[Start | Creations] = []
        for cache in CACHES:
            one = started(job, cache=cache, scratch=scratch, now_s=journal.now_s)
            if isinstance(one, NativeRefusal):
                return one
            found += one
        return tuple(found)

    def in_browser(number: int) -> Found:
        return browser.started(beyond.job(_DEPLOYED, number, seed=settings.seed))

    def traced(number: int) -> Found:
        return browser.traced(beyond.job(_DEPLOYED, number, seed=settings.seed))

    order, first = np.random.default_rng(settings.seed), beyond.next_round()
    failures: Counter[str] = Counter()
    for number in range(rounds):
        kinds: list[Callable[[int], Found]] = [natively, in_browser]
        kinds += [traced] if number < min(TRACED, rounds - 1) else []
        for place in order.permutation(len(kinds)):
            kind = kinds[place]
            if failures[kind.__name__] >= _MOST_FAILURES:
                continue
            teller.tell("cold", "starting from nothing", round_number=number, planned=rounds)
            found = kind(first + number)
            if isinstance(found, Failure | NativeRefusal):
                failures[kind.__name__] += 1
                journal.note("report", f"--cold: a start failed: {found.message}")
                continue
            for entry in found:
                journal.write(entry)
    teller.tell("cold", "started", completed=True)
