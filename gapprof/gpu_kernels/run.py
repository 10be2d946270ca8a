"""One measurement of shaders on this machine, beside the library's own dispatches; all in one recording."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx

from gapprof import __version__, assets, rungs
from gapprof.browser.visit import Equipment
from gapprof.errors import EnvironmentUnusable, ModelUnusable, WrongUse
from gapprof.facts.adapters import titled
from gapprof.gpu.against_native import checked
from gapprof.gpu.graphics import here
from gapprof.gpu.placed import placed
from gapprof.gpu.recorded import Recording as RecordedTrace
from gapprof.gpu.recorded import record
from gapprof.gpu.replayed import ITERATIONS, InBrowser
from gapprof.gpu.steady import steady, summary
from gapprof.gpu.timing import timed
from gapprof.gpu.visited import Gpu
from gapprof.gpu_kernels.database import Database, extended, known
from gapprof.gpu_kernels.family import Choice, Limits, limits_of, tried
from gapprof.gpu_kernels.judged import best
from gapprof.gpu_kernels.nodes import planned
from gapprof.gpu_kernels.page import Effort, Page, choice_told
from gapprof.gpu_kernels.room import with_room
from gapprof.gpu_kernels.shapes import family_of, shape_of
from gapprof.guard import Guard
from gapprof.measure.ending import ending
from gapprof.measure.journal import Journal, open_journal
from gapprof.measure.lock import sole_measurer
from gapprof.measure.machine import machine_facts, usable_cores
from gapprof.measure.pacing import preflight_pace
from gapprof.measure.preflight import LONGEST_VISIT_S
from gapprof.measure.resolve import asked_threads, resolve
from gapprof.measure.teller import Teller
from gapprof.records.calls import RecordedCalls
from gapprof.records.gpu_kernels import GpuKernelNode, GpuKernelPlan, LibraryDispatches
from gapprof.records.job import Job
from gapprof.records.progress import Observer
from gapprof.records.recording import Begin, Recording, RoundStarted
from gapprof.records.settings import Settings
from gapprof.records.subject import Subject

SETTINGS = Settings(backend="webgpu", rungs="main")
"""A page that does nothing else: what is asked about is the GPU's work."""
TUNING_S = 30.0
_TUNING = Effort(samples=5, given_up=1.5, budget_s=TUNING_S)
_TIMING = Effort(samples=15, given_up=0.0, budget_s=TUNING_S)
"""What was tuned was compiled within that time, beside its rivals; samples mostly take a small part of it."""
_TUNING_ROUND = -1
_SESSION = "web-session"
"""The rung whose page does nothing but run the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """Everything that all rounds share."""

    journal: Journal
    teller: Teller
    page: Page
    calls: Path
    """The library's, recorded."""
    shapes: tuple[str, ...]
    limits: Limits
    seed: int

    def tuned(self, settled: Mapping[str, Choice]) -> dict[str, Choice]:
        """The best choices: those that a database settles, and those that are found in time."""
        wanted = {
            key: tried(family_of(shape_of(key)), shape_of(key), self.limits)
            for key in self.shapes
            if key not in settled
        }
        found = dict(settled)
        if wanted:
            self.teller.tell("tuning", f"tuning {len(wanted)} shapes")
            trial = self.page.trial(wanted, _TUNING, number=_TUNING_ROUND, seed=self.seed)
            self.journal.write(trial)
            found |= {shape: choice_told(one.choice) for shape, one in best(trial.times).items()}
        return found

    def round(self, tuned: Mapping[str, Choice], number: int, rounds: int) -> None:
        """The library's dispatches and ours, each in a fresh browser, in an order of chance."""
        order = tuple(map(str, np.random.default_rng([self.seed, number]).permutation(["library", "ours"])))
        self.journal.write(RoundStarted(round=number, kind="main", order=order, at_s=self.journal.now_s()))
        for place in order:
            self.teller.tell("rounds", place, round_number=number, planned=rounds)
            if place == "library":
                where = InBrowser(gpu=self.page.gpu, browser_args=self.page.browser_args)
                found = timed(self.calls, [where], iterations=ITERATIONS)
                self.journal.write(LibraryDispatches(round=number, timed=found))
            elif tuned:
                wanted = {key: (choice,) for key, choice in tuned.items()}
                self.journal.write(
                    self.page.trial(wanted, _TIMING, number=number, seed=self.seed + number + 1)
                )


def measured(
    subject: Subject,
    database: Database,
    keep: Callable[[Database], None],
    *,
    seed: int,
    rounds: int,
    browser: str | None,
    argv: tuple[str, ...],
    recording_path: Path,
    workdir: Path,
    guard: Guard,
    observer: Observer,
) -> Recording:
    """Record the library's calls, tune what the database does not settle, `keep` it, then time in rounds.

    An interruption ends the rounds but raises nothing: `end` says so. Raises EnvironmentUnusable without
    WebGPU, or without a clock of the GPU's own, and ModelUnusable for a model that the page does not run.
    """
    settings = Settings(backend=SETTINGS.backend, rungs=SETTINGS.rungs, seed=seed, browser=browser)
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
        executable = assets.find_browser(browser)
        equipment = Equipment(executable=executable, probes=assets.probes_web(), guard=guard)
        gpu = Gpu(equipment=equipment, graphics=here(executable))
        teller = Teller(observer=observer, journal=journal)
        with ending(journal):
            teller.tell("preflight", "recording the page's WebGPU calls")
            job = _job(subject, settings, workdir)
            found, nodes = _recorded(journal, job, gpu, subject)
            _compared(journal, job, workdir)
            adapter = found.trace.adapter.identity
            limits = limits_of(adapter.limits)
            nodes = with_room(nodes, limits)
            shapes = tuple(dict.fromkeys(part for node in nodes for part in node.parts))
            keys = {"adapter": f"{titled(adapter)} {adapter.driver}".strip(), "browser": found.browser}
            settled = known(database, **keys, limits=limits)
            settled = {key: choice for key, choice in settled.items() if key in shapes}
            journal.write(GpuKernelPlan(nodes=nodes, budget_s=TUNING_S, settled=len(settled)))
            bench = _Bench(
                journal=journal,
                teller=teller,
                page=Page(gpu=gpu, browser_args=job.setting.browser_args),
                calls=found.path,
                shapes=shapes,
                limits=limits,
                seed=seed,
            )
            tuned = bench.tuned(settled)
            _kept(journal, lambda: keep(extended(database, tuned, **keys)))
            for number in range(rounds):
                bench.round(tuned, number, rounds)
        return journal.recording()


def _job(subject: Subject, settings: Settings, workdir: Path) -> Job:
    """The file as it is, opened by onnxruntime-web itself on a page that does nothing else."""
    cores = usable_cores()
    setting = resolve(
        rungs.ladder(settings.backend)[_SESSION].environment,
        settings,
        cores=cores,
        page_cores=cores,
        page_threads=asked_threads(settings, cores),
        page_isolated=settings.isolation,
    )
    return Job(
        rung=_SESSION,
        round=0,
        seed=settings.seed,
        setting=setting,
        model_path=str(subject.original.path),
        external_data=subject.original.external_data,
        optimise=True,
        inputs_path=str(subject.inputs_path),
        outputs_path=str(workdir / "web-session.npz"),
        pace=preflight_pace(LONGEST_VISIT_S),
        calls_path=str(workdir / "calls.trace"),
    )


def _recorded(
    journal: Journal, job: Job, gpu: Gpu, subject: Subject
) -> tuple[RecordedTrace, tuple[GpuKernelNode, ...]]:
    """The library's calls, and the nodes that made them. Raises EnvironmentUnusable, ModelUnusable."""
    began, dist = time.monotonic(), assets.web_dist()
    found = record(job, gpu, Path(job.calls_path), dist=dist, build=assets.GPU_BUILD)
    steady(found.trace)
    told = placed(job, gpu, dist=dist, build=assets.GPU_BUILD)
    journal.write(
        RecordedCalls(
            took_s=time.monotonic() - began,
            build=assets.GPU_BUILD,
            wasm_file=found.wasm_file,
            summary=summary(found.trace),
            placed=told.nodes,
        )
    )
    graph = onnx.load(str(subject.original.path), load_external_data=False).graph
    return found, planned(told.nodes, told.tensors, graph)


def _compared(journal: Journal, job: Job, workdir: Path) -> None:
    """What the library computed on the GPU with native's; where native refuses, that is said."""
    try:
        checks = checked(job, workdir)
    except ModelUnusable as error:
        journal.note("report", f"What the GPU computes could not be compared: {error.message}")
        return
    for check in checks:
        journal.write(check)


def _kept(journal: Journal, keep: Callable[[], None]) -> None:
    """A disk that takes no database is no reason to measure nothing."""
    try:
        keep()
    except (EnvironmentUnusable, WrongUse) as error:
        journal.note("report", f"What was tuned could not be kept: {error.message}")
