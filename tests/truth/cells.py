"""A study of cells on a machine that takes no time: what is planted is known, and nothing touches a disk."""

import io
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import msgspec
import numpy as np

from gapprof.backends.synthetic import Machine
from gapprof.live import silent
from gapprof.measure.extra import Beyond
from gapprof.measure.journal import Journal
from gapprof.measure.teller import Teller
from gapprof.records.environment import Setting
from gapprof.records.job import Chain, Job
from gapprof.records.recording import Entry, Recording
from gapprof.records.settings import Settings
from gapprof.records.subject import StagedModel, Subject
from gapprof.scaling.stage import scaling
from tests.truth.recorder import begin, record

Planted = Callable[[Setting, int], float]
"""A setting and its round → how many times as long as on one thread of its side."""
USUAL = Settings()
STAGED = StagedModel(path=Path("model.onnx"))


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
    refusals: Mapping[tuple[str, str, str], str] = MappingProxyType({}),
) -> Recording:
    """What `--scaling` writes beyond a run of four cores."""

    def weather(job: Job) -> float:
        luck = np.random.default_rng([seed, job.round, zlib.crc32(msgspec.json.encode(job.setting))])
        return float(np.log(planted(job.setting, job.round)) + luck.normal(0.0, noise))

    machine = Machine(weather=weather, seed=seed, refusals=refusals)
    ran = record(Machine(), settings, page_threads=page_threads, passes=False, rounds=0)
    assert ran.preflight is not None
    journal = Remembered(
        path=Path("run.jsonl"), begin=begin(settings), _file=io.BytesIO(), _zero=time.monotonic()
    )
    journal.write(ran.preflight)
    subject = Subject(
        facts=ran.begin.model,
        original=STAGED,
        common=STAGED,
        inputs_path=Path("inputs.npz"),
        other_inputs_path=Path("other.npz"),
        chain=Chain(path="chain.onnx", nodes=2, first_link_path="first_link.onnx"),
    )
    scaling(settings)(
        Beyond(
            subject=subject,
            preflight=ran.preflight,
            teller=Teller(observer=silent, journal=journal),
            profiled=lambda step, number: None,
            backends=dict.fromkeys(("native", "chromium"), machine),
        )
    )
    return journal.recording()


def amdahl(threads: int, *, cores: int, serial: float) -> float:
    """Of one thread's time; two threads for each core only wait for each other."""
    if threads > cores:
        return amdahl(cores, cores=cores, serial=serial) * threads / cores
    return serial + (1 - serial) / threads
