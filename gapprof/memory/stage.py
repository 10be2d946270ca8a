"""The stage that `--memory` adds: fresh browsers and fresh native processes in turn, with the library's arena
and without it."""

from collections import Counter
from pathlib import Path

import numpy as np

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.guard import Guard
from gapprof.measure.extra import Beyond, Extra, noting
from gapprof.memory.natively import looked
from gapprof.memory.visits import Looking
from gapprof.records.memory import MemoryTrial
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal
from gapprof.records.trial import Failure

ROUNDS = 3
WITHOUT_ARENA = 1
"""Rounds of these: what the arena holds is no matter of luck."""
_DEPLOYED = "web"
_MOST_FAILURES = 2
"""Of one side: one may be bad luck."""


def looking(settings: Settings, *, guard: Guard, scratch: Path, rounds: int = ROUNDS) -> Extra:
    """Bound to one run of this machine."""

    return noting("--memory", lambda beyond: _told(settings, guard, scratch, beyond, rounds))


def _told(settings: Settings, guard: Guard, scratch: Path, beyond: Beyond, rounds: int) -> None:
    journal, teller = beyond.journal, beyond.teller
    equipment = Equipment(
        executable=assets.find_browser(settings.browser), probes=assets.probes_web(), guard=guard
    )
    browser = Looking(equipment=equipment, dist=assets.web_dist(settings.web_dist), now_s=journal.now_s)
    model_bytes = beyond.subject.facts.size_bytes
    order, first = np.random.default_rng(settings.seed), beyond.next_round()
    failures: Counter[str] = Counter()
    for number in range(rounds):
        arenas = (True, False) if number < WITHOUT_ARENA else (True,)
        visits = [(side, arena) for arena in arenas for side in ("native", "web")]
        for side, arena in (visits[one] for one in order.permutation(len(visits))):
            if failures[side] >= _MOST_FAILURES:
                continue
            teller.tell("memory", "looking at memory", round_number=number, planned=rounds)
            job = beyond.job(_DEPLOYED, first + number, seed=settings.seed)
            found: MemoryTrial | Failure | NativeRefusal
            if side == "native":
                found = looked(
                    job, arena=arena, model_bytes=model_bytes, scratch=scratch, now_s=journal.now_s
                )
            else:
                found = browser.looked(job, arena=arena, model_bytes=model_bytes)
            if isinstance(found, MemoryTrial):
                journal.write(found)
                continue
            failures[side] += 1
            journal.note("report", f"--memory: a visit failed ({side}): {found.message}")
    teller.tell("memory", "looked at memory", completed=True)
