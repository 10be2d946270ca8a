"""The twins that `explain --twins` times: those that tell the engine from the library, and no others.

The model is profiled again in the same rounds: what is compared has to be seen at one speed of the machine.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.errors import EnvironmentUnusable, WrongUse
from gapprof.facts.profiles import CAPPED, NATIVE, WEB
from gapprof.facts.twins import ENGINE, SSE, WEB_TARGETS, WIDEST
from gapprof.files import make_folder
from gapprof.guard import Guard
from gapprof.measure.teller import Teller
from gapprof.places import cache_dir
from gapprof.records.recording import PlannedRung, Preflight, RoundStarted
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal, Subject
from gapprof.yardstick import database as databases
from gapprof.yardstick import native_side
from gapprof.yardstick.bench import prepared

ROUNDS = 5
"""Student's t of five rounds makes intervals half as wide as that of three; more would bring little."""
_PROFILED = (NATIVE, CAPPED, WEB)

Profiled = Callable[[PlannedRung, int], object]
"""Visits a rung in a round, with the profiler."""
Telling = Callable[[Subject, Preflight, Teller, int, Profiled], None]
"""Subject, ladder, whom to tell, the number of the first round, and what profiles the model in it."""


def telling_apart(settings: Settings, *, guard: Guard, scratch: Path) -> Telling:
    """Bound to one run of this machine; what cannot be measured becomes a note, never an error."""

    def tell(subject: Subject, preflight: Preflight, teller: Teller, first: int, profiled: Profiled) -> None:
        why = _why_not(subject, preflight)
        if why:
            teller.journal.note("report", f"No twins: {why}")
            return
        try:
            _timed(subject, preflight, teller, first, profiled, settings, guard, scratch)
        except (EnvironmentUnusable, WrongUse) as error:
            teller.journal.note("report", f"The twins broke off: {error.message}")

    return tell


def _why_not(subject: Subject, preflight: Preflight) -> str:
    steps = {step.rung.id: step for step in preflight.ladder}
    if isinstance(subject.common, NativeRefusal):
        return f"there is no common graph: {subject.common.message}"
    for rung in (CAPPED, WEB):
        if steps[rung].refusal:
            return f"{rung}: {steps[rung].refusal}"
    return ""


def _widest() -> tuple[str, ...]:
    """The target whose vectors hold most; none without llvmlite, which `prepared` says."""
    try:
        here = {target.id for target in native_side.targets()}
    except EnvironmentUnusable:
        return ()
    return tuple(target for target in WIDEST if target in here)[:1]


def _timed(
    subject: Subject,
    preflight: Preflight,
    teller: Teller,
    first: int,
    profiled: Profiled,
    settings: Settings,
    guard: Guard,
    scratch: Path,
) -> None:
    journal = teller.journal
    steps = {step.rung.id: step for step in preflight.ladder}
    equipment = Equipment(
        executable=assets.find_browser(settings.browser), probes=assets.probes_web(), guard=guard
    )
    bench = prepared(
        journal,
        subject,
        steps[WEB],
        preflight.pace,
        equipment,
        web_targets=WEB_TARGETS,
        native_targets=(SSE, *(native for _, native in ENGINE), *_widest()),
        threads=max(1, preflight.page_threads),
        seed=settings.seed,
        scratch=scratch,
    )
    if not bench.shapes:
        return
    path = cache_dir() / databases.NAME
    database = databases.read(path)
    here = {
        "cpu": journal.begin.machine.cpu,
        "browser": preflight.page_seen.engine_version if preflight.page_seen else "",
    }
    settled = databases.known(database, **here)
    if wanted := bench.untuned(settled):
        teller.tell("tuning", f"tuning {len(wanted)} shapes")
    tuned = bench.tuned(settled)
    if wanted:
        try:
            make_folder(path.parent)
            databases.write(path, databases.extended(database, tuned, **here))
        except (EnvironmentUnusable, WrongUse) as error:
            journal.note("report", f"What was tuned could not be kept: {error.message}")
    owners = {steps[rung].alias_of or rung for rung in _PROFILED if not steps[rung].refusal}
    places = ["page", *bench.native_targets, *sorted(owners)]
    for number in range(first, first + ROUNDS):
        order = tuple(str(one) for one in np.random.default_rng([settings.seed, number]).permutation(places))
        journal.write(RoundStarted(round=number, kind="side", order=order, at_s=journal.now_s()))
        for place in order:
            teller.tell("twins", place, round_number=number, planned=first + ROUNDS)
            if place in owners:
                profiled(steps[place], number)
            elif place == "page":
                bench.time_in_page(tuned, number)
            else:
                bench.time_natively(tuned, place, number)
