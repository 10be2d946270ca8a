"""The whole measurement of one model: preflight, rounds, passes, side rungs, written down as it goes."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from gapprof import backends, rungs
from gapprof.cold.stage import starting
from gapprof.gpu.crossing import tracing_crossing
from gapprof.gpu.placed_natively import placing_natively
from gapprof.gpu.proving import proving_switches
from gapprof.gpu.stage import recording_calls
from gapprof.gpu.timing import timing_dispatches
from gapprof.guard import Guard
from gapprof.instrument.stage import instrumenting
from gapprof.measure.beginning import begun
from gapprof.measure.ending import ending
from gapprof.measure.extra import Extra, noting
from gapprof.measure.fastest import Fastest, looked_at
from gapprof.measure.journal import open_journal
from gapprof.measure.lock import sole_measurer
from gapprof.measure.machine import machine_facts, usable_cores
from gapprof.measure.preflight import Prover, Recorder
from gapprof.measure.reproducing import reproducing
from gapprof.measure.stages import Stages
from gapprof.measure.teller import Teller
from gapprof.measure.waits import Waits
from gapprof.memory.stage import looking
from gapprof.parting.stage import finding_the_parting
from gapprof.qoe.stage import feeling
from gapprof.records.backend import Backend
from gapprof.records.observed import PageObserved
from gapprof.records.progress import Observer
from gapprof.records.recording import MachineFacts, Recording
from gapprof.records.rung import Rung
from gapprof.records.settings import Settings
from gapprof.records.subject import Subject
from gapprof.registry import load
from gapprof.scaling.stage import scaling
from gapprof.study.stage import studying
from gapprof.transplant.replaying import replaying
from gapprof.yardstick.telling_apart import telling_apart


def measure(
    subject: Subject,
    settings: Settings,
    *,
    argv: tuple[str, ...],
    recording_path: Path,
    workdir: Path,
    guard: Guard,
    observer: Observer,
    observed: PageObserved | None = None,
    instead: str = "",
    realise: Mapping[str, Backend] | None = None,
    machine: MachineFacts | None = None,
    exchanged: Callable[[Mapping[str, Backend]], Mapping[str, Backend]] = lambda backends: backends,
) -> Recording:
    """Measure, and return everything that was written to `recording_path`.

    `observed`: what the model was found to do in a page of its own. `instead`: the backend that is tried next
    where this one cannot be had. `realise` replaces the backends and `machine` the facts (a synthetic
    machine, a replay). `exchanged` gets this machine's own backends and says which ones are asked for what
    (one environment under every rung's name); all else is as in any run. Nothing is exchanged that is given.
    An interruption ends the run but raises nothing: what was measured is returned, and `end` says so.
    Raises EnvironmentUnusable or ModelUnusable when nothing can be measured; the recording says why, too. And
    what the observer raises.
    """
    ladder: Mapping[str, Rung] = rungs.ladder(settings.backend)
    with ExitStack() as stack:
        extras: list[Extra] = []
        recorder: Recorder | None = None
        waits = Waits(observer)
        fastest = Fastest(waits=waits)
        prover: Prover | None = None
        if realise is None:
            stack.enter_context(sole_measurer())
            if settings.twins:
                extras.append(telling_apart(settings, guard=guard, scratch=workdir))
            if settings.transplant:
                extras.append(replaying(settings, guard=guard, scratch=workdir))
            if settings.instrument:
                extras.append(instrumenting(settings, guard=guard))
            if settings.cold:
                extras.append(starting(settings, guard=guard, scratch=workdir))
            if settings.memory:
                extras.append(looking(settings, guard=guard, scratch=workdir))
            if settings.qoe:
                extras.append(feeling(settings, guard=guard, scratch=workdir))
            if settings.study:
                extras.append(studying(settings, guard=guard, scratch=workdir))
            named = {rung.environment.backend for rung in ladder.values()}
            known = load(backends, "BACKEND")
            realise = exchanged(
                {str(name): known[name].open(settings, guard, waits.hear) for name in sorted(named)}
            )
            fastest = looked_at(waits, left_s=settings.budget_s)  # where nothing lacks: it takes two seconds
            if settings.backend == "webgpu":
                recorder, prover = recording_calls(settings, guard), proving_switches(settings, guard)
                extras.append(timing_dispatches(settings, guard))
                extras.append(tracing_crossing(settings, guard))
                extras.append(finding_the_parting(settings, guard=guard, scratch=workdir))
            if settings.native_python is not None:
                extras.append(noting("--native-python", placing_natively(settings)))
        if settings.observed_ms is not None:
            extras.append(reproducing(settings))
        if settings.scaling:
            extras.append(scaling(settings))
        begin = begun(subject.facts, settings, machine or machine_facts(), argv=argv)
        journal = stack.enter_context(open_journal(recording_path, begin))
        if observed is not None:
            journal.write(observed)
        outputs = workdir / "outputs"
        outputs.mkdir(exist_ok=True)
        stages = Stages(
            journal=journal,
            subject=subject,
            settings=settings,
            rungs=ladder,
            backends=realise,
            outputs=outputs,
            cores=begin.machine.usable_cores if machine else usable_cores(),
            teller=Teller(observer=waits.watch, journal=journal),
            fastest=fastest,
            recorder=recorder,
            prover=prover,
            instead=instead,
            extras=tuple(extras),
        )
        with waits, ending(journal):
            stages.run()
        return journal.recording()
