"""One measurement of shaders on this machine, beside the library's own dispatches; all in one recording."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import onnx
from msgspec.structs import replace

from gapprof import assets, rungs
from gapprof.browser.visit import Equipment
from gapprof.errors import ModelUnusable
from gapprof.facts.adapters import titled
from gapprof.gpu.against_native import checked
from gapprof.gpu.graphics import here
from gapprof.gpu.placed import placed
from gapprof.gpu.recorded import Recording as RecordedTrace
from gapprof.gpu.recorded import record
from gapprof.gpu.steady import steady, summary
from gapprof.gpu.visited import Gpu
from gapprof.gpu_kernels.bench import TUNING_S, Bench
from gapprof.gpu_kernels.database import Database, extended, known
from gapprof.gpu_kernels.family import limits_of
from gapprof.gpu_kernels.nodes import planned
from gapprof.gpu_kernels.page import Page
from gapprof.gpu_kernels.refused import demand_clock
from gapprof.gpu_kernels.room import with_room
from gapprof.guard import Guard
from gapprof.measure.beginning import begun
from gapprof.measure.ending import ending
from gapprof.measure.journal import Journal, open_journal
from gapprof.measure.lock import sole_measurer
from gapprof.measure.machine import machine_facts, usable_cores
from gapprof.measure.pacing import preflight_pace
from gapprof.measure.preflight import LONGEST_VISIT_S
from gapprof.measure.resolve import asked_threads, resolve
from gapprof.measure.teller import Teller
from gapprof.own_kernels.database import kept
from gapprof.own_kernels.wish import Wish
from gapprof.records.calls import RecordedCalls
from gapprof.records.gpu_kernels import GpuKernelNode, GpuKernelPlan
from gapprof.records.job import Job
from gapprof.records.progress import Observer
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from gapprof.records.subject import Subject

SETTINGS = Settings(backend="webgpu", rungs="main")
"""A page that does nothing else: what is asked about is the GPU's work."""
_SESSION = "web-session"
"""The rung whose page does nothing but run the model."""


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
    """Record the library's calls, tune what the database does not settle, `keep` it, then time in rounds.

    An interruption ends the rounds but raises nothing: `end` says so. Raises EnvironmentUnusable without
    WebGPU, or without a clock of the GPU's own, and ModelUnusable for a model that the page does not run.
    """
    settings = replace(SETTINGS, seed=wish.seed, browser=wish.browser)
    with ExitStack() as stack:
        stack.enter_context(sole_measurer())
        begin = begun(subject.facts, settings, machine_facts(), argv=wish.argv)
        journal = stack.enter_context(open_journal(wish.recording_path, begin))
        executable = assets.find_browser(wish.browser)
        equipment = Equipment(executable=executable, probes=assets.probes_web(), guard=guard)
        gpu = Gpu(equipment=equipment, graphics=here(executable))
        teller = Teller(observer=observer, journal=journal)
        with ending(journal):
            teller.tell("preflight", "recording the page's WebGPU calls")
            job = _job(subject, settings, workdir)
            found, nodes = _recorded(journal, job, gpu, subject)
            adapter = found.trace.adapter.identity
            demand_clock(adapter)
            _compared(journal, job, workdir)
            limits = limits_of(adapter.limits)
            nodes = with_room(nodes, limits)
            shapes = tuple(dict.fromkeys(part for node in nodes for part in node.parts))
            keys = {"adapter": f"{titled(adapter)} {adapter.driver}".strip(), "browser": found.browser}
            before = known(database, **keys, limits=limits)
            before = {key: choice for key, choice in before.items() if key in shapes}
            journal.write(GpuKernelPlan(nodes=nodes, budget_s=TUNING_S, settled=len(before)))
            bench = Bench(
                journal=journal,
                teller=teller,
                page=Page(gpu=gpu, power=found.trace.adapter.power, browser_args=job.setting.browser_args),
                calls=found.path,
                adapter=adapter,
                shapes=shapes,
                limits=limits,
                seed=wish.seed,
            )
            tuned = bench.tuned(before)
            kept(journal, lambda: keep(extended(database, tuned.kept, **keys)))
            for number in range(wish.rounds):
                bench.round(tuned.choices, number, wish.rounds)
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
    build = assets.webgpu_build(dist)
    found = record(job, gpu, Path(job.calls_path), dist=dist, build=build)
    steady(found.trace)
    told = placed(job, gpu, dist=dist, build=build)
    journal.write(
        RecordedCalls(
            took_s=time.monotonic() - began,
            build=build,
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
