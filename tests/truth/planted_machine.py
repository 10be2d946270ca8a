"""A synthetic machine that knows what each setting costs, so that plants can be made in it and missed."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace as changed

from gapprof import rungs
from gapprof.backends.synthetic import Machine
from gapprof.measure.fastest import Fastest
from gapprof.measure.journal import open_journal
from gapprof.measure.teller import Teller
from gapprof.records.environment import Setting
from gapprof.records.job import Chain, Job
from gapprof.records.subject import StagedModel, Subject
from gapprof.records.trial import Failure, Load, Profile, Trace, Trial
from gapprof.selftest.extent import Extent
from gapprof.selftest.plant import UNTOUCHED, Plant
from gapprof.selftest.run import Toured, toured
from gapprof.selftest.tour import Tour
from tests.truth.recorder import begin

Price = Callable[[Job], float]
"""ms of one run."""


def honest(job: Job) -> float:
    """What each setting costs, as one would expect it on a real machine of two cores."""
    setting = job.setting
    native = {"full": 1.0, "avx2": 1.2, "avx": 1.8, "128": 3.0}
    if setting.backend == "native":
        return native[setting.isa] / (1.6 if setting.threads > 1 else 1.0)
    ms = 5.0 / (1.7 if setting.threads > 1 else 1.0)
    ms *= {("--liftoff-only",): 2.0, ("--wasm-enforce-bounds-checks",): 1.15}.get(setting.js_flags, 1.0)
    ms *= 3.0 if job.rung.startswith("scalar-build") and setting.build != "1.18-simd" else 1.0
    ms *= 1.3 if job.rung.startswith("undone-fusion") and setting.graph == "common" else 1.0
    ms *= 1.2 if setting.pacing == "paced" else 1.0
    return ms * (2.5 if setting.page not in ("quiet", "busy") else 1.0)


@dataclass(slots=True, kw_only=True)
class Priced:
    """A backend whose times come from what a job asks for, with noise of its own for every launch."""

    price: Price = honest
    noise: float = 0.02
    seed: int = 0
    burning: bool = False
    load_slows: float = 1.0
    tells_load: bool = True
    refusals: Callable[[Setting], str | None] = lambda _: None
    wrong_outputs: frozenset[str] = frozenset()
    visits: list[str] = field(default_factory=list)
    id: str = "priced"

    def refuse(self, setting: Setting) -> str | None:
        return self.refusals(setting)

    def timed(self, job: Job) -> Trial | Failure:
        self.visits.append(job.rung)
        ms = self.price(job) * (self.load_slows if self.burning else 1.0)
        wrong = {rung for rung in self.wrong_outputs if rung in job.rung}
        machine = Machine(
            latency_ms={job.rung: ms},
            noise=0.01,
            launch_noise=self.noise,
            seed=self.seed,
            wasm_simd="scalar" not in job.rung,
            wrong_outputs=frozenset({job.rung} if wrong else ()),
        )
        outcome = machine.timed(job)
        if isinstance(outcome, Failure):
            return outcome
        wall_ms = 300.0
        stranger_ms = wall_ms if self.burning and self.tells_load else 0.0
        load = Load(wall_ms=wall_ms, machine_busy_ms=wall_ms + stranger_ms, own_cpu_ms=wall_ms)
        return changed(outcome, load=load)

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        raise AssertionError("a selftest profiles nothing")

    def traced(self, job: Job, timed: Callable[[Trial], None]) -> Trace | Failure | None:
        raise AssertionError("a selftest traces nothing")

    @contextlib.contextmanager
    def burner(self) -> Iterator[None]:
        self.burning = True
        try:
            yield
        finally:
            self.burning = False


def visit(
    machine: Priced,
    plants: tuple[Plant, ...],
    folder: Path,
    *,
    rounds: int = 8,
    vague_until_s: float = 0.0,
    most_s: float | None = None,
    waited_s: float = 0.0,
) -> Toured:
    """A tour of the plants, the clean ladder first. `waited_s`: for fast cores, as is known by then."""
    staged = StagedModel(path=folder / "model.onnx")
    subject = Subject(
        facts=begin(UNTOUCHED).model,
        original=staged,
        common=staged,
        inputs_path=folder / "inputs.npz",
        other_inputs_path=folder / "other.npz",
        chain=Chain(path="chain.onnx", nodes=1000, first_link_path="first_link.onnx"),
    )
    outputs = folder / "outputs"
    outputs.mkdir()
    with open_journal(folder / "run.jsonl", begin(UNTOUCHED)) as journal:
        tour = Tour(
            journal=journal,
            subject=subject,
            backends=lambda _: {"native": machine, "chromium": machine},
            rungs=rungs.ladder("wasm"),
            outputs=outputs,
            seed=machine.seed,
            burning=machine.burner,
            teller=Teller(observer=lambda _: None, journal=journal),
            fastest=Fastest(waited_s=waited_s),
        )
        extent = Extent(rounds=rounds, vague_until_s=vague_until_s, most_s=most_s)
        return toured(tour, plants, extent, workdir=folder, cores=2)
