"""One measurement of twins on this machine, beside profiles of the model itself; all in one recording."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace as changed
from pathlib import Path

import numpy as np
import onnx
from msgspec.structs import replace

from gapprof import assets, backends, rungs
from gapprof.browser.visit import Equipment
from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.facts.case import Case
from gapprof.facts.profiles import CAPPED, NATIVE, WEB
from gapprof.facts.twins import twins
from gapprof.guard import Guard
from gapprof.kernels.family import Tile
from gapprof.kernels.llvm.target import TARGETS
from gapprof.kernels.machine import Machine
from gapprof.measure.beginning import begun
from gapprof.measure.ending import ending
from gapprof.measure.journal import open_journal
from gapprof.measure.lock import sole_measurer
from gapprof.measure.machine import machine_facts, usable_cores
from gapprof.measure.pacing import preflight_pace
from gapprof.measure.preflight import LONGEST_VISIT_S, conclude, look
from gapprof.measure.teller import Teller
from gapprof.measure.visits import Patience, Visits
from gapprof.own_kernels.wish import Wish
from gapprof.records.progress import Observer
from gapprof.records.recording import Preflight, Recording, RoundStarted
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal, Subject
from gapprof.registry import load
from gapprof.text import numbers
from gapprof.yardstick.bench import Bench, prepared
from gapprof.yardstick.database import Database
from gapprof.yardstick.machines import MACHINES
from gapprof.yardstick.natively import time_natively
from gapprof.yardstick.node import NoTwinError
from gapprof.yardstick.predicted import chosen_target
from gapprof.yardstick.program import Program, program
from gapprof.yardstick.schedules import schedules
from gapprof.yardstick.tuning import Tuned

SETTINGS = Settings(threads=1, where="worker", rungs="main")
"""A page that does everything right: what is asked about is the kernels, one thread of them."""
_PROFILED = (NATIVE, CAPPED, WEB)
_VECTORS = tuple(target.id for target in TARGETS if target.lanes > 1)
_REPEATS_S = 30.0
_MOST_BYTES = 1 << 30
"""Of a program's memory: a page may have four times as much, and the browser copies it once."""


def measured(
    subject: Subject,
    database: Database,
    keep: Callable[[Database], None],
    wish: Wish,
    *,
    workdir: Path,
    guard: Guard,
    observer: Observer,
) -> Recording:
    """Tune what the database does not settle, `keep` it as it comes, then time and profile in rounds.

    An interruption ends the rounds but raises nothing: `end` says so. Raises EnvironmentUnusable, and
    ModelUnusable for a model that one side does not run.
    """
    settings = replace(SETTINGS, seed=wish.seed, browser=wish.browser)
    with ExitStack() as stack:
        stack.enter_context(sole_measurer())
        begin = begun(subject.facts, settings, machine_facts(), argv=wish.argv)
        journal = stack.enter_context(open_journal(wish.recording_path, begin))
        outputs = workdir / "outputs"
        outputs.mkdir(exist_ok=True)
        opened = load(backends, "BACKEND")
        visits = Visits(
            journal=journal,
            subject=subject,
            backends={name: opened[name].open(settings, guard) for name in ("native", "chromium")},
            outputs=outputs,
            seed=wish.seed,
            pace=preflight_pace(LONGEST_VISIT_S),
            patience=Patience(_REPEATS_S),
        )
        equipment = Equipment(
            executable=assets.find_browser(wish.browser), probes=assets.probes_web(), guard=guard
        )
        teller = Teller(observer=observer, journal=journal)
        with ending(journal):
            preflight = _preflight(visits, settings, teller)
            steps = {step.rung.id: step for step in preflight.ladder}
            bench = prepared(
                journal,
                subject,
                steps[WEB],
                preflight.pace,
                equipment,
                web_targets=MACHINES,
                native_targets=_VECTORS,
                threads=1,
                seed=wish.seed,
                scratch=workdir,
            )
            tuned = schedules(
                bench,
                database,
                keep,
                lambda text: teller.tell("tuning", text),
                browser=_browser(preflight),
            )
            visits = changed(visits, pace=preflight.pace)
            whole: Program | None = None
            for number in range(wish.rounds):
                if not _round(bench, visits, preflight, tuned, number, wish.rounds, teller, whole):
                    whole = None
                if number == 0 and (whole := _program(bench, visits, tuned)) is not None:
                    whole = whole if _ran(bench, whole, visits, number) else None
        return journal.recording()


def _preflight(visits: Visits, settings: Settings, teller: Teller) -> Preflight:
    """First looks; raises ModelUnusable where one side does not run the model."""
    common = visits.subject.common
    if isinstance(common, NativeRefusal):
        raise ModelUnusable(f"there is no common graph: {common.message}", hint=common.hint)
    teller.tell("preflight", "looking at the page and at native")
    everything, cores = rungs.ladder("wasm"), usable_cores()
    first = look(visits, everything, settings, cores=cores)
    preflight = conclude(first, everything, settings, visits.backends, cores=cores, wanted=frozenset())
    visits.journal.write(preflight)
    refused = next((s.refusal for s in preflight.ladder if s.rung.id in (NATIVE, WEB) and s.refusal), None)
    if refused is not None:
        raise ModelUnusable(f"there is nothing to compare with: {refused}", hint="Run `gapprof doctor`.")
    return preflight


def _round(
    bench: Bench,
    visits: Visits,
    preflight: Preflight,
    tuned: Tuned,
    number: int,
    rounds: int,
    teller: Teller,
    whole: Program | None,
) -> bool:
    """The model's own profiles, the twins in the browser, and those of each instruction set, shuffled.

    From the second round on the whole model as well; which twin is the faster one, the first has to say.
    False where it could not be run.
    """
    sound = True
    steps = {step.rung.id: step for step in preflight.ladder}
    profiled = [rung for rung in _PROFILED if steps[rung].refusal is None]
    places = ["page", *bench.native_targets, *profiled, *(["program"] if whole else [])]
    order = tuple(str(one) for one in np.random.default_rng([bench.seed, number]).permutation(places))
    bench.journal.write(RoundStarted(round=number, kind="main", order=order, at_s=bench.journal.now_s()))
    for place in order:
        teller.tell("rounds", place, round_number=number, planned=rounds)
        if place in profiled:
            visits.profiled(steps[place], number)
        elif place == "page":
            bench.time_in_page(tuned, number)
        elif place == "program" and whole is not None:
            sound = _ran(bench, whole, visits, number)
        else:
            time_natively(bench, tuned, place, number)
    return sound


def _ran(bench: Bench, whole: Program, visits: Visits, number: int) -> bool:
    """It is an extra: what ends it, such as a page out of memory, ends nothing else."""
    try:
        bench.run_program(whole, visits.outputs_of(NATIVE), number)
    except EnvironmentUnusable as error:
        bench.journal.note("program", error.message)
        return False
    return True


def _program(bench: Bench, visits: Visits, tuned: Tuned) -> Program | None:
    """Of the faster twin of every shape; None, and a note, where our kernels do not make up the model."""
    subject, found = visits.subject, Case(bench.journal.recording()).get(twins)
    if found is None or isinstance(subject.common, NativeRefusal) or not visits.outputs_of(NATIVE).exists():
        return None

    def chosen(shape: str) -> tuple[Machine, Tile]:
        best = chosen_target(found, shape)
        return MACHINES[best], tuned[best][shape]

    graph = onnx.load(str(subject.common.path)).graph
    nodes = {node.name: node for node in found.nodes}
    try:
        with np.load(subject.inputs_path) as inputs:
            whole = program(graph, subject.facts, nodes, dict(inputs), chosen)
    except NoTwinError as reason:
        bench.journal.note("program", str(reason))
        return None
    if whole.memory_bytes > _MOST_BYTES:
        bench.journal.note("program", f"it would take {numbers.size(whole.memory_bytes)} of memory")
        return None
    return whole


def _browser(preflight: Preflight) -> str:
    """With its build; a schedule that is best in one is not always so in the next."""
    return preflight.page_seen.engine_version if preflight.page_seen else ""
