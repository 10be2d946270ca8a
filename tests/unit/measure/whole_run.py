"""Whole runs of a synthetic machine of known causes: no clock, no process, no browser."""

from collections.abc import Callable, Mapping
from pathlib import Path

from gapprof.guard import Guard
from gapprof.live import silent
from gapprof.measure.run import measure
from gapprof.records.backend import Backend
from gapprof.records.job import Chain
from gapprof.records.model import ModelFacts
from gapprof.records.progress import Observer
from gapprof.records.recording import MachineFacts, Recording
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal, StagedModel, Subject

MACHINE = MachineFacts(
    system="Linux",
    architecture="x86_64",
    cpu="a synthetic CPU",
    logical_cores=4,
    usable_cores=4,
    memory_bytes=1 << 34,
    cpu_flags=(),
    kernel="6.1",
    python="3.11",
)
FACTORS = {
    "native-threads": 1.8,
    "native-extended": 1.3,
    "native-all-128": 3.0,
    "native-128": 3.0,
    "web-worker": 1.4,
    "web-paced": 1.05,
    "web-busy": 1.3,
}

Run = Callable[..., Recording]


def measured_in(parent: Path) -> Run:
    """What measures on a backend: each time in a new folder, by its name, which holds the recording."""

    def measured(
        backend: Backend,
        settings: Settings | None = None,
        *,
        common: StagedModel | NativeRefusal | None = None,
        name: str = "run",
        observer: Observer = silent,
    ) -> Recording:
        folder = parent / name
        folder.mkdir()
        model = folder / "model.onnx"
        facts = ModelFacts(
            name="planted",
            sha256="0" * 64,
            size_bytes=1,
            parameters=1,
            opset=17,
            producer="",
            inputs=(),
            outputs=(),
            nodes=(),
            original_nodes=2,
        )
        subject = Subject(
            facts=facts,
            original=StagedModel(path=model),
            common=common or StagedModel(path=model),
            inputs_path=folder / "inputs.npz",
            other_inputs_path=folder / "other.npz",
            chain=Chain(path="chain.onnx", nodes=200, first_link_path="first_link.onnx"),
            first_nodes={"Bar": "the bar"},
        )
        realise: Mapping[str, Backend] = dict.fromkeys(("native", "chromium", "node"), backend)
        return measure(
            subject,
            settings or Settings(rungs="main"),
            argv=("gapprof", "explain", "planted"),
            recording_path=folder / "recording.jsonl",
            workdir=folder,
            guard=Guard(),  # not on duty: nothing is started
            observer=observer,
            realise=realise,
            machine=MACHINE,
        )

    return measured
