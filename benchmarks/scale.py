"""Large graphs and weights, very fast and very slow models, large profiles: what they take and may take.

    python benchmarks/scale.py [nodes|weights|speeds|profile ...]      default: all

One line per figure: "within" or "BEYOND" its bound; it ends with 1 where one is beyond. Memory is the peak
of what gapprof's own process and all that it starts natively hold for themselves, together (resident less
shared, every 20 ms): whatever runs this Python, onnxruntime's sessions and what its profiler keeps included.
Not counted are a browser and what is no Python, and pages of files, which the system may drop. It may be one
and a half times the model, its external data included, and 300 MiB.

Exercised by real runs of gapprof, in a real browser: the chain, the weights and the single Add. The profile
is written here and read by the code that reads onnxruntime's. A model of thirty seconds a run is planned and
not run: what a trial is to be is decided by the same code from latencies that are given, and the longest
visit that this makes is held against its deadline. That native onnxruntime and a browser keep to it for so
long is not exercised, neither here nor elsewhere: such a run takes hours.
"""

import itertools
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import psutil
from onnx import TensorProto, helper

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.guard import Guard
from gapprof.measure.pacing import trial_s
from gapprof.measure.run import measure
from gapprof.recordings import read_run
from gapprof.records.job import Chain, Pace
from gapprof.records.model import ModelFacts
from gapprof.records.settings import Settings
from gapprof.records.subject import StagedModel, Subject
from gapprof.records.trial import Failure, Trial
from gapprof.reports import read_report
from gapprof.text import numbers

NODES = 20_000
REPORT_S = 10.0
MODEL_SHARE, BESIDE_MIB = 1.5, 300.0
"""Of memory: times the model, and beside it."""
WEIGHTS_BYTES = 1 << 30
PROFILE_BYTES = 500 << 20
MIB = 1 << 20
KEPT_RUNS = 8
SHORTEST = ("--budget", "1", "--rungs", "main", "--allow-noisy")
SLOWEST_MS = 30e3
OWN = psutil.Process().exe()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was found, beside its bound."""

    what: str
    found: float
    most: float
    unit: str

    @property
    def within(self) -> bool:
        """Whether the bound holds."""
        return self.found <= self.most

    def __str__(self) -> str:
        verdict = "within" if self.within else "BEYOND"
        return f"{self.what}: {self.found:.1f} {self.unit}, at most {self.most:.0f}: {verdict}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The moment at which most was held."""

    held_bytes: dict[str, float]
    """By process, each named by what it runs."""

    @property
    def mib(self) -> float:
        """All together."""
        return sum(self.held_bytes.values()) / MIB

    def within(self, what: str, model_bytes: int) -> Figure:
        """Beside what a model of that size may take."""
        most = MODEL_SHARE * model_bytes / MIB + BESIDE_MIB
        return Figure(what=what, found=self.mib, most=most, unit="MiB")

    def __str__(self) -> str:
        return ", ".join(f"{held / MIB:.0f} MiB of {name}" for name, held in self.held_bytes.items())


def nodes(folder: Path) -> Iterator[Figure]:
    """A chain of 20,000 nodes: opened, explained, and from its recording to a report on disk once more."""
    chain, recording = chain_model(folder / "chain.onnx", NODES), folder / "nodes.jsonl"
    yield from memory(chain, recording, f"a chain of {NODES} nodes", chain.stat().st_size)
    took_s, peak = watched(["-m", "gapprof", "analyze", str(recording), *outputs(folder)])
    told = sum(row.op_type == "Add" for row in read_report(folder / "report.json").operators)
    if told != NODES:
        print(f"the report has {told} of {NODES} nodes; visits that failed:")
        sys.exit(
            "\n".join(f" {one.rung}: {one.message}" for one in read_run(recording).of(Failure)) or " none"
        )
    what = f"its report, with every node ({size(recording)} of recording)"
    yield Figure(what=what, found=took_s, most=REPORT_S, unit="s")
    yield peak.within("  peak memory of that", chain.stat().st_size)


def weights(folder: Path) -> Iterator[Figure]:
    """A gibibyte of external weights: opened, and explained as shortly as that goes."""
    model = heavy_model(folder / "heavy.onnx", WEIGHTS_BYTES)
    what = f"{WEIGHTS_BYTES / MIB:.0f} MiB of external weights"
    yield from memory(model, folder / "heavy.jsonl", what, WEIGHTS_BYTES)


def memory(model: Path, recording: Path, what: str, size_bytes: int) -> Iterator[Figure]:
    """Of opening it and of explaining it: the peak of each, beside its bound."""
    for doing, command in (
        ("opening", ["-c", OPEN, str(model)]),
        ("explaining", explaining(model, recording)),
    ):
        took_s, peak = watched(command)
        yield peak.within(f"peak memory {doing} {what}", size_bytes)
        print(f"  {doing} it: {took_s:.1f} s; at the peak {peak}", flush=True)


def speeds(folder: Path) -> Iterator[Figure]:
    """A model of one Add, explained; and what is planned for a run of thirty seconds, which nobody makes."""
    recording = folder / "add.jsonl"
    took_s, _ = watched(explaining(chain_model(folder / "add.onnx", 1), recording))
    run, report = read_run(recording), read_report(folder / "report.json")
    native, web = report.latency_ms.native, report.latency_ms.web
    if native is None or web is None or run.preflight is None:
        sys.exit(f"one Add has no ratio: {report.gap.why}")
    sides = f"{numbers.ms_with_interval(native)} natively, {numbers.ms_with_interval(web)} in the browser"
    print(f"one Add, explained in {took_s:.1f} s: {sides}; {counted(run.preflight.pace)}", flush=True)
    trials, failures = tuple(run.of(Trial)), tuple(run.of(Failure))
    yield Figure(what="  visits that failed", found=len(failures), most=0, unit="of all")
    visits: list[Trial | Failure] = [*trials, *failures]
    longest_s = max(one.ended_s - one.started_s for one in visits if one.round >= 0)
    what = f"  the longest of {len(visits)} visits"
    yield Figure(what=what, found=longest_s, most=run.preflight.pace.deadline_s, unit="s")
    pace = planned(SLOWEST_MS, folder)
    visit_s = trial_s(pace, latency_ms=2 * SLOWEST_MS, start_s=1.0, paced=True)
    print(f"{SLOWEST_MS / 1e3:g} s a run, planned and not run: {counted(pace)}")
    what = f"  the longest visit, at {2 * SLOWEST_MS / 1e3:g} s in the browser"
    yield Figure(what=what, found=visit_s, most=pace.deadline_s, unit="s")


def profile(folder: Path) -> Iterator[Figure]:
    """A profile of half a gigabyte: its last runs, without holding it."""
    file = folder / "profile.json"
    event = (
        '{"cat" : "Node","pid" :1,"tid" :1,"dur" :3,"ts" :10,"ph" : "X","name" :"node_%d_kernel_time",'
        '"args" : {"op_name" : "Add","provider" : "CPUExecutionProvider","padding" : "' + 120 * "x" + '"}},\n'
    )
    run = "".join(event % number for number in range(1000))
    run += (
        '{"cat" : "Session","pid" :1,"tid" :1,"dur" :9,"ts" :9,"ph" : "X","name" :"model_run","args" : {}},\n'
    )
    made = 0
    with file.open("w") as opened:
        opened.write("[\n")
        while opened.tell() < PROFILE_BYTES:
            opened.write(run)
            made += 1
    took_s, peak = watched(["-c", READ, str(file), str(made), str(KEPT_RUNS)])
    yield peak.within(f"peak memory over a profile of {size(file)}", 0)
    print(f"  reading it: {took_s:.1f} s; {KEPT_RUNS} of {made} runs kept")


OPEN = """
import sys, tempfile
from pathlib import Path
from gapprof.subject.open import open_subject
with tempfile.TemporaryDirectory() as folder:
    open_subject(sys.argv[1], shapes={}, inputs=None, seed=0, workdir=Path(folder))
"""
READ = """
import sys
from pathlib import Path
from gapprof.native.profile_file import node_times, runs_of
made, wanted = map(int, sys.argv[2:])
node_times(runs_of(Path(sys.argv[1]), made=made, wanted=wanted))
"""


def planned(native_ms: float, folder: Path) -> Pace:
    """What a trial is to be for a model that takes so long, and twice that in the browser: nothing is run."""
    machine = Machine(latency_ms=ladder_ms({"web-worker": 2.0}, native_ms=native_ms))
    staged = StagedModel(path=folder / "model.onnx")
    facts = ModelFacts(
        name="scale",
        sha256="0" * 64,
        size_bytes=1,
        parameters=1,
        opset=17,
        producer="",
        inputs=(),
        outputs=(),
        nodes=(),
        original_nodes=0,
    )
    with Guard() as guard, tempfile.TemporaryDirectory() as work:
        found = measure(
            Subject(
                facts=facts,
                original=staged,
                common=staged,
                inputs_path=folder / "inputs.npz",
                other_inputs_path=folder / "other.npz",
                chain=Chain(path="chain.onnx", nodes=1000, first_link_path="first_link.onnx"),
            ),
            Settings(rungs="main"),
            argv=("benchmarks/scale.py",),
            recording_path=folder / "planned.jsonl",
            workdir=Path(work),
            guard=guard,
            observer=lambda _: None,
            realise=dict.fromkeys(("native", "chromium", "node"), machine),
        )
    if found.preflight is None:
        sys.exit("nothing was planned")
    return found.preflight.pace


def counted(pace: Pace) -> str:
    """How much a trial is."""
    return f"{pace.batch} runs a sample, {pace.samples} samples or {pace.requests} requests a trial"


def chain_model(path: Path, count: int) -> Path:
    """x + 1 + 1 + ..."""
    names = ["x", *(f"h{number}" for number in range(count - 1)), "y"]
    pairs = itertools.pairwise(names)
    chain = [helper.make_node("Add", [a, "one"], [b], name=f"add_{b}") for a, b in pairs]
    return saved(path, chain, [helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])], [1])


def heavy_model(path: Path, weights_bytes: int) -> Path:
    """Matrix products with 64 MiB of weights each, all in one file beside the model."""
    side, rng = 4096, np.random.default_rng(0)
    count = weights_bytes // (4 * side * side)
    names = ["x", *(f"h{number}" for number in range(count - 1)), "y"]
    pairs = enumerate(itertools.pairwise(names))
    products = [
        helper.make_node("MatMul", [a, f"w{number}"], [b], name=f"mm{number}") for number, (a, b) in pairs
    ]
    block = (rng.standard_normal((side, side), dtype=np.float32) / side).tobytes()
    with path.with_suffix(".data").open("wb") as data:
        for _ in range(count):
            data.write(block)
    weights = []
    for number in range(count):
        weight = TensorProto(name=f"w{number}", data_type=TensorProto.FLOAT, dims=[side, side])
        weight.data_location = TensorProto.EXTERNAL
        places = {
            "location": path.with_suffix(".data").name,
            "offset": number * len(block),
            "length": len(block),
        }
        for key, value in places.items():
            weight.external_data.add(key=key, value=str(value))
        weights.append(weight)
    return saved(path, products, weights, [1, side])


def saved(path: Path, graph: list[onnx.NodeProto], weights: list[TensorProto], shape: list[int]) -> Path:
    """A model file with one input `x` and one output `y`."""
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("x", "y")]
    body = helper.make_graph(graph, "scale", ports[:1], ports[1:], weights)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def explaining(model: Path, recording: Path) -> list[str]:
    """Natively and in the browser, as shortly as that goes."""
    files = ["--recording", str(recording), *outputs(recording.parent)]
    return ["-m", "gapprof", "explain", str(model), *SHORTEST, *files]


def outputs(folder: Path) -> list[str]:
    """Every format that a report is written in."""
    return ["--json", str(folder / "report.json"), "--markdown", str(folder / "report.md"), "--quiet"]


def watched(words: list[str]) -> tuple[float, Peak]:
    """Seconds that Python takes with these words, and the peak of what it and its children hold."""
    command, began = [sys.executable, *words], time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process, _peak_of(process.pid) as peak:
        code = process.wait(timeout=1800)
    if code:
        sys.exit(f"{words[:3]} ended with {code}")
    return time.perf_counter() - began, peak()


@contextmanager
def _peak_of(pid: int) -> Iterator[Callable[[], Peak]]:
    over, largest = threading.Event(), [Peak(held_bytes={})]

    def watch() -> None:
        while not over.wait(0.02):
            now = Peak(held_bytes=dict(_held(pid)))
            if now.mib > largest[0].mib:
                largest[0] = now

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield lambda: largest[0]
    finally:
        over.set()
        watching.join()


def _held(pid: int) -> Iterator[tuple[str, float]]:
    """What each process of this Python holds for itself, from that one down."""
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        for process in (top, *top.children(recursive=True)):
            with suppress(psutil.Error):  # it ended meanwhile
                if process.exe() == OWN:
                    memory = process.memory_info()
                    yield _name(process), float(memory.rss - getattr(memory, "shared", 0))


def _name(process: psutil.Process) -> str:
    """Its module and its number."""
    words = process.cmdline()
    told = words[words.index("-m") + 1] if "-m" in words[:-1] else "python"
    return f"{told} ({process.pid})"


def size(file: Path) -> str:
    """Of a file."""
    return f"{file.stat().st_size / MIB:.0f} MiB"


PARTS = {"nodes": nodes, "weights": weights, "speeds": speeds, "profile": profile}


def main() -> None:
    """What was named, or everything."""
    missed = False
    for name in sys.argv[1:] or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            for figure in PARTS[name](Path(folder)):
                print(figure, flush=True)
                missed |= not figure.within
    if missed:
        sys.exit(1)


if __name__ == "__main__":
    main()
