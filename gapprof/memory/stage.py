"""The stage that `--memory` adds: fresh browsers and fresh native processes in turn, with the library's arena
and without it."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.gpu.graphics import here
from gapprof.guard import Guard
from gapprof.measure.extra import Beyond, Extra, noting, rounds_for
from gapprof.measure.quiet import struck_by, until_quiet
from gapprof.measure.visits import Patience
from gapprof.memory.natively import looked
from gapprof.memory.visits import Looking
from gapprof.records.memory import MemoryTrial
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal
from gapprof.records.trial import Failure, Load

ROUNDS = 3
WITHOUT_ARENA = 1
"""Rounds of these: what the arena holds is no matter of luck."""
REPEATS_SHARE = 0.5
"""Of the budget, for repeating visits that other programs disturbed."""
_DEPLOYED = "web"
_MOST_FAILURES = 2
"""Of one side: one may be bad luck."""
Found = MemoryTrial | Failure | NativeRefusal


def looking(settings: Settings, *, guard: Guard, scratch: Path, rounds: int | None = None) -> Extra:
    """Bound to one run of this machine; without a number of rounds, as many as the budget is for."""

    wanted = rounds_for(settings.budget_s, ROUNDS) if rounds is None else rounds
    return noting("--memory", lambda beyond: _told(settings, guard, scratch, beyond, wanted))


def _told(settings: Settings, guard: Guard, scratch: Path, beyond: Beyond, rounds: int) -> None:
    journal, teller = beyond.journal, beyond.teller
    executable = assets.find_browser(settings.browser)
    equipment = Equipment(
        executable=executable,
        probes=assets.probes_web(),
        guard=guard,
        graphics=here(executable).browser_args,
    )
    browser = Looking(equipment=equipment, dist=assets.web_dist(settings.web_dist), now_s=journal.now_s)
    model_bytes = beyond.subject.facts.size_bytes
    order, first = np.random.default_rng(settings.seed), beyond.next_round()
    failures: Counter[str] = Counter()
    patience = Patience(REPEATS_SHARE * settings.budget_s)

    def once(side: str, arena: bool, number: int) -> Found:
        teller.tell("memory", "looking at memory", round_number=number, planned=rounds)
        job = beyond.job(_DEPLOYED, first + number, seed=settings.seed)
        if side == "native":
            return looked(job, arena=arena, model_bytes=model_bytes, scratch=scratch, now_s=journal.now_s)
        return browser.looked(job, arena=arena, model_bytes=model_bytes)

    def kept(found: Found, again: bool) -> None:
        if isinstance(found, MemoryTrial):
            journal.write(replace(found, struck=struck_by(found.load, again)))

    sides = ("web",) if settings.backend == "webgpu" else ("native", "web")
    for number in range(rounds):
        arenas = (True, False) if number < WITHOUT_ARENA else (True,)
        visits = [(side, arena) for arena in arenas for side in sides]
        for side, arena in (visits[one] for one in order.permutation(len(visits))):
            if failures[side] >= _MOST_FAILURES:
                continue
            found = until_quiet(
                partial(_tried, partial(once, side, arena, number)), _loads, patience=patience, keep=kept
            )
            if not isinstance(found, MemoryTrial):
                failures[side] += 1
                journal.note("report", f"--memory: a visit failed ({side}): {found.message}")
    teller.tell("memory", "looked at memory", completed=True)


def _tried(once: Callable[[], Found], attempt: int) -> Found:
    found = once()
    return replace(found, attempt=attempt) if isinstance(found, MemoryTrial) else found


def _loads(found: Found) -> Sequence[Load]:
    return (found.load,) if isinstance(found, MemoryTrial) and found.load else ()
