"""One measurement of twins on this machine, beside profiles of the model itself; all in one recording."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
from msgspec.structs import replace

from gapprof import __version__, assets, backends, rungs
from gapprof.browser.visit import Equipment
from gapprof.errors import EnvironmentUnusable, GapprofError, Interrupted, ModelUnusable
from gapprof.facts.profiles import CAPPED, NATIVE, WEB
from gapprof.guard import Guard
from gapprof.kernels.family import Tile
from gapprof.measure.journal import Journal, open_journal
from gapprof.measure.lock import sole_measurer
from gapprof.measure.machine import machine_facts, usable_cores
from gapprof.measure.pacing import preflight_pace
from gapprof.measure.preflight import LONGEST_VISIT_S, conclude, look
from gapprof.measure.teller import Teller
from gapprof.measure.visits import Patience, Visits
from gapprof.records.job import Job, Pace
from gapprof.records.progress import Observer
from gapprof.records.recording import Begin, End, PlannedRung, Recording, RoundStarted
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal, Subject
from gapprof.records.twins import Schedule, TwinPlan, TwinTime, TwinTrial
from gapprof.registry import load
from gapprof.yardstick import native_side
from gapprof.yardstick.buffers import Memory, memory_for
from gapprof.yardstick.cover import covered
from gapprof.yardstick.database import Database, extended, known
from gapprof.yardstick.shapes import family_of, shape_of
from gapprof.yardstick.tuning import Tuned, batches, best
from gapprof.yardstick.web_side import MACHINES, Candidate, Page
from gapprof.yardstick.wish import NATIVE_TIMING, TIMING, TUNING, Wanted

SETTINGS = Settings(threads=1, where="worker", rungs="main")
"""A page that does everything right: what is asked about is the kernels, one thread of them."""
ROUNDS = 5
TUNING_ROUND = -1
_PROFILED = (NATIVE, CAPPED, WEB)
_DEADLINE_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Everything that all rounds share."""

    journal: Journal
    subject: Subject
    visits: Visits
    steps: Mapping[str, PlannedRung]
    page: Page
    memory: Memory
    shapes: tuple[str, ...]
    native_targets: tuple[str, ...]
    browser: str
    """With its build."""
    teller: Teller
    seed: int
    scratch: Path


def measured(
    subject: Subject,
    database: Database,
    *,
    seed: int,
    rounds: int,
    browser: str | None,
    argv: tuple[str, ...],
    recording_path: Path,
    workdir: Path,
    guard: Guard,
    observer: Observer,
) -> tuple[Recording, Database]:
    """Tune what the database does not settle, then time twins and profile the model in rounds.

    Returns what was measured, and the database with what was found. An interruption ends the rounds but
    raises nothing: `end` says so. Raises EnvironmentUnusable, and ModelUnusable for a model that one side
    does not run.
    """
    settings = replace(SETTINGS, seed=seed, browser=browser)
    with ExitStack() as stack:
        stack.enter_context(sole_measurer())
        begin = Begin(
            gapprof_version=__version__,
            argv=argv,
            began_utc=datetime.now(UTC).isoformat(timespec="seconds"),
            settings=settings,
            machine=machine_facts(),
            model=subject.facts,
        )
        journal = stack.enter_context(open_journal(recording_path, begin))
        outputs = workdir / "outputs"
        outputs.mkdir(exist_ok=True)
        opened = load(backends, "BACKEND")
        visits = Visits(
            journal=journal,
            subject=subject,
            backends={name: opened[name].open(settings, guard=guard) for name in ("native", "chromium")},
            outputs=outputs,
            seed=seed,
            pace=preflight_pace(LONGEST_VISIT_S),
            patience=Patience(30.0),
        )
        try:
            teller = Teller(observer=observer, journal=journal)
            bench = _prepared(visits, settings, teller, browser=browser, workdir=workdir, guard=guard)
            here = {"cpu": begin.machine.cpu, "browser": bench.browser}
            tuned = _tuned(bench, known(database, **here))
            database = extended(database, tuned, **here)
            for number in range(rounds):
                _round(bench, tuned, number, rounds)
            journal.write(End(at_s=journal.now_s(), reason="finished"))
        except (KeyboardInterrupt, Interrupted):
            journal.write(End(at_s=journal.now_s(), reason="interrupted"))
        except GapprofError as error:
            with suppress(EnvironmentUnusable):
                journal.write(End(at_s=journal.now_s(), reason="failed", text=error.message))
            raise
        return journal.recording(), database


def _prepared(
    visits: Visits, settings: Settings, teller: Teller, *, browser: str | None, workdir: Path, guard: Guard
) -> Bench:
    """First looks, which nodes have twins, and where these are timed."""
    subject, journal = visits.subject, visits.journal
    if isinstance(subject.common, NativeRefusal):
        raise ModelUnusable(f"there is no common graph: {subject.common.message}", hint=subject.common.hint)
    teller.tell("preflight", "looking at the page and at native")
    everything, cores = load(rungs, "RUNG"), usable_cores()
    first = look(visits, everything, settings, cores=cores)
    preflight = conclude(first, everything, settings, visits.backends, cores=cores, wanted=frozenset())
    journal.write(preflight)
    steps = {step.rung.id: step for step in preflight.ladder}
    for rung in (NATIVE, WEB):
        if steps[rung].refusal:
            raise ModelUnusable(
                f"there is nothing to compare with: {steps[rung].refusal}", hint="Run `gapprof doctor`."
            )
    graph = onnx.load(str(subject.common.path), load_external_data=False).graph
    nodes = covered(graph, subject.facts.inputs, subject.facts.nodes)
    shapes = tuple(dict.fromkeys(part for node in nodes for part in node.parts))
    footprint = 4 * subject.facts.parameters
    journal.write(TwinPlan(nodes=nodes, footprint_bytes=footprint))
    memory = memory_for([_need(shape) for shape in shapes], footprint)
    equipment = Equipment(executable=assets.find_browser(browser), probes=assets.probes_web(), guard=guard)
    page = Page(job=_job(steps[WEB], preflight.pace), equipment=equipment, memory=memory)
    return Bench(
        journal=journal,
        subject=subject,
        visits=Visits(
            journal=journal,
            subject=subject,
            backends=visits.backends,
            outputs=visits.outputs,
            seed=visits.seed,
            pace=preflight.pace,
            patience=visits.patience,
        ),
        steps=steps,
        page=page,
        memory=memory,
        shapes=shapes,
        native_targets=_native_targets(journal),
        browser=preflight.page_seen.engine_version or "" if preflight.page_seen else "",
        teller=teller,
        seed=visits.seed,
        scratch=workdir,
    )


def _native_targets(journal: Journal) -> tuple[str, ...]:
    """None without llvmlite: then the engine and the library are not told apart, and the report says so."""
    try:
        return tuple(target.id for target in native_side.targets() if target.lanes > 1)
    except EnvironmentUnusable as error:
        journal.note("twins", f"{error.message}. {error.hint}")
        return ()


def _tuned(bench: Bench, settled: Tuned) -> Tuned:
    """The best schedules: those of the database, and those that were found just now."""
    wanted = batches(bench.shapes, settled)
    found = {target: dict(settled.get(target, {})) for target in MACHINES}
    if not wanted:
        return found
    bench.teller.tell("tuning", f"tuning {len(wanted)} shapes in the browser")
    began_s = bench.journal.now_s()
    samples, browser = bench.page.timed(wanted, TUNING, seed=bench.seed, deadline_s=_DEADLINE_S)
    ended_s = bench.journal.now_s()
    for target in MACHINES:
        times = tuple(
            _time(one, took)
            for batch, batch_samples in zip(wanted, samples, strict=True)
            for one, took in zip(batch, batch_samples, strict=True)
            if one.target == target
        )
        bench.journal.write(_trial(target, TUNING_ROUND, times, browser, began_s, ended_s))
    for batch, batch_samples in zip(wanted, samples, strict=True):
        for one in best(batch, batch_samples):
            found[one.target][one.wanted.shape] = one.wanted.tile
    return found


def _round(bench: Bench, tuned: Tuned, number: int, rounds: int) -> None:
    """The model's own profiles, the twins in the browser, and those of each instruction set, shuffled."""
    profiled = [rung for rung in _PROFILED if bench.steps[rung].refusal is None]
    places = ["wasm", *(f"native:{target}" for target in bench.native_targets), *profiled]
    order = [str(one) for one in np.random.default_rng([bench.seed, number]).permutation(places)]
    bench.journal.write(
        RoundStarted(round=number, kind="main", order=tuple(order), at_s=bench.journal.now_s())
    )
    for place in order:
        bench.teller.tell("rounds", place, round_number=number, planned=rounds)
        if place in profiled:
            bench.visits.profiled(bench.steps[place], number)
        elif place == "wasm":
            _web(bench, tuned, number)
        else:
            _native(bench, tuned, place.removeprefix("native:"), number)


def _web(bench: Bench, tuned: Tuned, number: int) -> None:
    batch = [
        Candidate(target=target, wanted=Wanted(shape=shape, tile=tuned[target][shape]))
        for shape in bench.shapes
        for target in MACHINES
    ]
    began_s = bench.journal.now_s()
    samples, browser = bench.page.timed([batch], TIMING, seed=bench.seed + number, deadline_s=_DEADLINE_S)
    ended_s = bench.journal.now_s()
    for target in MACHINES:
        times = tuple(
            _time(one, took) for one, took in zip(batch, samples[0], strict=True) if one.target == target
        )
        bench.journal.write(_trial(target, number, times, browser, began_s, ended_s))


def _native(bench: Bench, tuned: Tuned, target: str, number: int) -> None:
    """With the schedules of the page: it is the same loop nest that is compared."""
    fused = next(one.fused for one in native_side.targets() if one.id == target)
    schedules = tuned["wasm-relaxed" if fused else "wasm"]
    wanted = tuple(Wanted(shape=shape, tile=schedules[shape]) for shape in bench.shapes)
    began_s = bench.journal.now_s()
    asked = native_side.Asked(
        target=target,
        read_bytes=bench.memory.read_bytes,
        written_bytes=bench.memory.written_bytes,
        wanted=wanted,
        effort=NATIVE_TIMING,
        seed=bench.seed + number,
    )
    answer = native_side.timed(asked, scratch=bench.scratch, deadline_s=_DEADLINE_S)
    times = tuple(
        TwinTime(shape=one.shape, schedule=_schedule(one.tile), samples_us=took)
        for one, took in zip(wanted, answer.samples_us, strict=True)
    )
    bench.journal.write(_trial(target, number, times, answer.engine, began_s, bench.journal.now_s()))


def _job(step: PlannedRung, pace: Pace) -> Job:
    """A visit to a quiet page, without a model."""
    if step.setting is None:
        raise ValueError(f"{step.rung.id} has no setting")
    return Job(
        rung=step.rung.id,
        round=0,
        seed=0,
        setting=step.setting,
        model_path="",
        external_data=(),
        optimise=False,
        inputs_path="",
        outputs_path="",
        pace=pace,
    )


def _need(shape: str) -> tuple[int, ...]:
    decoded = shape_of(shape)
    return family_of(decoded).buffers(decoded)


def _time(one: Candidate, samples_us: Sequence[float]) -> TwinTime:
    return TwinTime(shape=one.wanted.shape, schedule=_schedule(one.wanted.tile), samples_us=tuple(samples_us))


def _trial(
    target: str, number: int, times: tuple[TwinTime, ...], engine: str, began_s: float, ended_s: float
) -> TwinTrial:
    return TwinTrial(
        target=target, round=number, times=times, engine=engine, started_s=began_s, ended_s=ended_s
    )


def _schedule(tile: Tile) -> Schedule:
    return tile.rows, tile.vectors, tile.unroll, tile.depth
