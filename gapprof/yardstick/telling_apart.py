"""The twins that `explain --twins` times: those that tell the engine from the library, and no others.

The model is profiled again in the same rounds: what is compared has to be seen at one speed of the machine.
"""

from pathlib import Path

import numpy as np

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.errors import EnvironmentUnusable, WrongUse
from gapprof.facts.profiles import CAPPED, NATIVE, WEB
from gapprof.facts.twins import ENGINE, SSE, WEB_TARGETS, WIDEST
from gapprof.files import make_folder
from gapprof.guard import Guard
from gapprof.measure.extra import Beyond, Extra
from gapprof.measure.spending import further_rounds
from gapprof.own_kernels.database import write
from gapprof.places import cache_dir
from gapprof.records.recording import RoundStarted
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal
from gapprof.yardstick import database as databases
from gapprof.yardstick import native_side
from gapprof.yardstick.bench import prepared
from gapprof.yardstick.natively import time_natively
from gapprof.yardstick.schedules import schedules

ROUNDS = 5
"""Student's t of five rounds makes intervals half as wide as that of three; more would bring little.
Three where the budget had been spent three times over before the first."""
_PROFILED = (NATIVE, CAPPED, WEB)


def telling_apart(settings: Settings, *, guard: Guard, scratch: Path) -> Extra:
    """Bound to one run of this machine."""

    def tell(beyond: Beyond) -> None:
        why = _why_not(beyond)
        if why:
            beyond.journal.note("report", f"No twins: {why}")
            return
        try:
            _timed(beyond, settings, guard, scratch)
        except (EnvironmentUnusable, WrongUse) as error:
            beyond.journal.note("report", f"The twins broke off: {error.message}")

    return tell


def _why_not(beyond: Beyond) -> str:
    if isinstance(beyond.subject.common, NativeRefusal):
        return f"there is no common graph: {beyond.subject.common.message}"
    for rung in (CAPPED, WEB):
        if refusal := beyond.step(rung).refusal:
            return f"{rung}: {refusal}"
    return ""


def _widest() -> tuple[str, ...]:
    """The target whose vectors hold most; none without llvmlite, which `prepared` says."""
    try:
        here = {target.id for target in native_side.targets()}
    except EnvironmentUnusable:
        return ()
    return tuple(target for target in WIDEST if target in here)[:1]


def _timed(beyond: Beyond, settings: Settings, guard: Guard, scratch: Path) -> None:
    journal, preflight, teller = beyond.journal, beyond.preflight, beyond.teller
    rounds = further_rounds(ROUNDS, now_s=journal.now_s(), budget_s=settings.budget_s)
    equipment = Equipment(
        executable=assets.find_browser(settings.browser), probes=assets.probes_web(), guard=guard
    )
    bench = prepared(
        journal,
        beyond.subject,
        beyond.step(WEB),
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
    tuned = schedules(
        bench,
        databases.read(path),
        lambda database: _keep(path, database),
        lambda text: teller.tell("tuning", text),
        browser=preflight.page_seen.engine_version if preflight.page_seen else "",
    )
    steps = [beyond.step(rung) for rung in _PROFILED]
    owners = {step.alias_of or step.rung.id for step in steps if not step.refusal}
    places = ["page", *bench.native_targets, *sorted(owners)]
    first = beyond.next_round()
    for number in range(first, first + rounds):
        order = tuple(str(one) for one in np.random.default_rng([settings.seed, number]).permutation(places))
        journal.write(RoundStarted(round=number, kind="side", order=order, at_s=journal.now_s()))
        for place in order:
            teller.tell("twins", place, round_number=number, planned=first + rounds)
            if place in owners:
                beyond.profiled(beyond.step(place), number)
            elif place == "page":
                bench.time_in_page(tuned, number)
            else:
                time_natively(bench, tuned, place, number)


def _keep(path: Path, database: databases.Database) -> None:
    make_folder(path.parent)
    write(path, database)
