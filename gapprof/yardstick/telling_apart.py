"""The twins that `explain --twins` times: those that tell the engine from the library, and no others."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.errors import EnvironmentUnusable, WrongUse
from gapprof.facts.profiles import CAPPED, WEB
from gapprof.facts.twins import ENGINE, SSE, WEB_TARGETS, WIDEST
from gapprof.files import make_folder
from gapprof.guard import Guard
from gapprof.measure.teller import Teller
from gapprof.places import cache_dir
from gapprof.records.recording import Preflight, RoundStarted
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal, Subject
from gapprof.yardstick import database as databases
from gapprof.yardstick import native_side
from gapprof.yardstick.bench import prepared

ROUNDS = 3
"""As few as have a spread, and as many as there are profiled passes to go with them."""

Telling = Callable[[Subject, Preflight, Teller, int], None]
"""Subject, ladder, whom to tell, and the number of the first round."""


def telling_apart(settings: Settings, *, guard: Guard, scratch: Path) -> Telling:
    """Bound to one run of this machine; what cannot be measured becomes a note, never an error."""

    def tell(subject: Subject, preflight: Preflight, teller: Teller, first: int) -> None:
        why = _why_not(subject, preflight)
        if why:
            teller.journal.note("report", f"No twins: {why}")
            return
        try:
            _timed(subject, preflight, teller, first, settings, guard, scratch)
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
    if preflight.page_threads != 1:
        return f"they run one thread, and the page has {preflight.page_threads}"
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
    places = ["page", *bench.native_targets]
    for number in range(first, first + ROUNDS):
        order = tuple(str(one) for one in np.random.default_rng([settings.seed, number]).permutation(places))
        journal.write(RoundStarted(round=number, kind="side", order=order, at_s=journal.now_s()))
        for place in order:
            teller.tell("twins", place, round_number=number, planned=first + ROUNDS)
            if place == "page":
                bench.time_in_page(tuned, number)
            else:
                bench.time_natively(tuned, place, number)
