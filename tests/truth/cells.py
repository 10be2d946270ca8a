"""A study of cells on a machine that takes no time: what is planted is known."""

import dataclasses
import io
import tempfile
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import msgspec
import numpy as np
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.live import silent
from gapprof.measure.extra import Beyond, Extra
from gapprof.measure.journal import Journal
from gapprof.measure.outputs import outputs_of
from gapprof.measure.teller import Teller
from gapprof.records.environment import Setting
from gapprof.records.job import Chain, Job
from gapprof.records.recording import Entry, Recording
from gapprof.records.settings import Settings
from gapprof.records.subject import StagedModel, Subject
from gapprof.records.trial import Failure, Trial
from gapprof.scaling.stage import scaling
from tests.truth.recorder import begin, record

Planted = Callable[[Setting, int], float]
"""A setting and its round → how many times as long as on one thread of its side."""
USUAL = Settings()
STAGED = StagedModel(path=Path("model.onnx"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial(Machine):
    """A machine on which one place brings nothing, and one build of onnxruntime-web computes nonsense."""

    failing: str = ""
    wrong_build: str = ""

    def timed(self, job: Job) -> Trial | Failure:
        if job.setting.where != self.failing or job.setting.backend == "native":
            in_page = job.setting.backend != "native"
            wrong = in_page and self.wrong_build and job.setting.build == self.wrong_build
            machine = dataclasses.replace(self, wrong_outputs=frozenset({job.rung})) if wrong else self
            return Machine.timed(machine, job)
        return Failure(
            rung=job.rung,
            round=job.round,
            started_s=0.0,
            ended_s=0.0,
            phase="create",
            kind="page",
            message="it broke",
        )


@dataclass(slots=True)
class Remembered(Journal):
    """A journal that is not written."""

    def _put(self, entry: Entry) -> None:
        pass


def studied(
    planted: Planted,
    *,
    seed: int = 0,
    noise: float = 0.02,
    settings: Settings = USUAL,
    page_threads: int = 2,
    visit_s: float = 0.0,
    failing: str = "",
    wrong_build: str = "",
    reference: bool = True,
    refusals: Mapping[tuple[str, str, str], str] = MappingProxyType({}),
    extra: Callable[[Settings], Extra] = scaling,
) -> Recording:
    """What `--scaling` writes beyond a run of four cores. `visit_s`: what a visit was expected to take.

    `extra`: another stage in the place of `--scaling`'s. Without a `reference` no rung has left outputs.
    """

    def weather(job: Job) -> float:
        luck = np.random.default_rng([seed, job.round, zlib.crc32(msgspec.json.encode(job.setting))])
        return float(np.log(planted(job.setting, job.round)) + luck.normal(0.0, noise))

    machine = Partial(weather=weather, seed=seed, refusals=refusals, failing=failing, wrong_build=wrong_build)
    ran = record(machine, settings, page_threads=page_threads, passes=False, rounds=0)
    assert ran.preflight is not None
    preflight = replace(
        ran.preflight, expected_trial_s={step.rung.id: visit_s for step in ran.preflight.ladder}
    )
    journal = Remembered(
        path=Path("run.jsonl"), begin=begin(settings), _file=io.BytesIO(), _zero=time.monotonic()
    )
    journal.write(preflight)
    subject = Subject(
        facts=ran.begin.model,
        original=STAGED,
        common=STAGED,
        inputs_path=Path("inputs.npz"),
        other_inputs_path=Path("other.npz"),
        chain=Chain(path="chain.onnx", nodes=2, first_link_path="first_link.onnx"),
    )
    with tempfile.TemporaryDirectory() as folder:
        if reference:
            np.savez(outputs_of(Path(folder), "native-128"), output=np.arange(8, dtype=np.float32))
        extra(settings)(
            Beyond(
                subject=subject,
                preflight=preflight,
                teller=Teller(observer=silent, journal=journal),
                profiled=lambda step, number: None,
                backends=dict.fromkeys(("native", "chromium"), machine),
                outputs=Path(folder),
            )
        )
    return journal.recording()


def amdahl(threads: int, *, cores: int, serial: float) -> float:
    """Of one thread's time; two threads for each core only wait for each other."""
    if threads > cores:
        return amdahl(cores, cores=cores, serial=serial) * threads / cores
    return serial + (1 - serial) / threads
