"""Large graphs and weights, very fast and very slow models, large profiles: what they take and may take.

    python benchmarks/scale.py [nodes|weights|speeds|profile ...]      default: all

One line per figure: "within" or "BEYOND" its bound. Memory is the peak of what gapprof's own processes, those
of this Python, hold for themselves (resident less shared, every 20 ms); a browser is not among them.
"""

import itertools
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import numpy as np
import onnx
import psutil
from onnx import TensorProto, helper

from gapprof.backends.synthetic import Machine, PlantedNode, ladder_ms
from gapprof.guard import Guard
from gapprof.measure.pacing import trial_s
from gapprof.measure.run import measure
from gapprof.records.job import Chain, Pace
from gapprof.records.model import ModelFacts
from gapprof.records.settings import Settings
from gapprof.records.subject import StagedModel, Subject

NODES = 20_000
REPORT_S = 10.0
WEIGHTS_BYTES = 1 << 30
PROFILE_BYTES = 500 << 20
MIB = 1 << 20
KEPT_RUNS = 8
SHORTEST = ("--budget", "1", "--rungs", "main", "--allow-noisy")
OWN = psutil.Process().exe()


def nodes(folder: Path) -> None:
    """A graph of 20,000 nodes: from its recording to a report on disk, in a process of its own."""
    planted = tuple(PlantedNode(name=f"node_{number}") for number in range(NODES))
    machine = Machine(latency_ms=ladder_ms({"web-worker": 2.0, "native-128": 2.0}), nodes=planted)
    recording = folder / "nodes.jsonl"
    synthetic(machine, folder, recording, Settings(rungs="main"))
    took_s, peak = watched([sys.executable, "-m", "gapprof", "analyze", str(recording), *outputs(folder)])
    line(f"report of {NODES} nodes ({size(recording)} of recording)", took_s, REPORT_S, "s")
    print(f"  its peak memory: {peak / MIB:.0f} MiB")
    big = chain_model(folder / "chain.onnx", NODES)
    took_s, peak = watched([sys.executable, "-c", OPEN, str(big)])
    print(f"  opening such a model: {took_s:.1f} s, {peak / MIB:.0f} MiB")


def weights(folder: Path) -> None:
    """A gibibyte of external weights: opened, and explained as shortly as that goes."""
    model, most = heavy_model(folder / "heavy.onnx", WEIGHTS_BYTES), 1.5 * WEIGHTS_BYTES / MIB + 300
    files = ["--recording", str(folder / "heavy.jsonl"), *outputs(folder)]
    for what, command in (
        ("opening", ["-c", OPEN, str(model)]),
        ("explaining", ["-m", "gapprof", "explain", str(model), *SHORTEST, *files]),
    ):
        took_s, peak = watched([sys.executable, *command])
        line(f"peak memory {what} {WEIGHTS_BYTES / MIB:.0f} MiB of external weights", peak / MIB, most, "MiB")
        print(f"  {what} them: {took_s:.1f} s", flush=True)


def speeds(folder: Path) -> None:
    """A run of a microsecond and one of thirty seconds: what a visit of each is planned to be."""
    for name, native_ms in (("1 us", 1e-3), ("30 s", 30e3)):
        machine = Machine(latency_ms=ladder_ms({"web-worker": 2.0}, native_ms=native_ms))
        recording = folder / "speed.jsonl"
        synthetic(machine, folder, recording, Settings(rungs="main"))
        plan = next(msgspec.json.decode(one) for one in recording.open() if '"entry":"preflight"' in one)
        pace = msgspec.convert(plan["pace"], Pace)
        visit_s = trial_s(pace, latency_ms=2 * native_ms, start_s=1.0, paced=True)
        counts = f"{pace.samples} samples or {pace.requests} requests a trial"
        print(f"{name} a run: {pace.batch} runs a sample, {counts}")
        line(f"  the longest visit, at {2 * native_ms:g} ms in the browser", visit_s, pace.deadline_s, "s")


def profile(folder: Path) -> None:
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
    took_s, peak = watched([sys.executable, "-c", READ, str(file), str(made), str(KEPT_RUNS)])
    line(f"peak memory over a profile of {size(file)}", peak / MIB, 300, "MiB")
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


def synthetic(machine: Machine, folder: Path, recording: Path, settings: Settings) -> None:
    """A whole run of gapprof on a machine that takes no time, written to `recording`."""
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
        measure(
            Subject(
                facts=facts,
                original=staged,
                common=staged,
                inputs_path=folder / "inputs.npz",
                other_inputs_path=folder / "other.npz",
                chain=Chain(path="chain.onnx", nodes=1000, first_link_path="first_link.onnx"),
            ),
            settings,
            argv=("benchmarks/scale.py",),
            recording_path=recording,
            workdir=Path(work),
            guard=guard,
            observer=lambda _: None,
            realise=dict.fromkeys(("native", "chromium", "node"), machine),
        )


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


def outputs(folder: Path) -> list[str]:
    """Every format that a report is written in."""
    return ["--json", str(folder / "report.json"), "--markdown", str(folder / "report.md"), "--quiet"]


def watched(command: list[str]) -> tuple[float, float]:
    """Seconds that a command takes, and the peak of what it and its children hold for themselves, bytes."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process, _peak_of(process.pid) as peak:
        code = process.wait(timeout=1800)
    if code:
        sys.exit(f"{command[1:4]} ended with {code}")
    return time.perf_counter() - began, peak()


@contextmanager
def _peak_of(pid: int) -> Iterator[Callable[[], float]]:
    over, largest = threading.Event(), [0.0]

    def watch() -> None:
        while not over.wait(0.02):
            largest[0] = max(largest[0], _private(pid))

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield lambda: largest[0]
    finally:
        over.set()
        watching.join()


def _private(pid: int) -> float:
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        return sum(map(_held, (top, *top.children(recursive=True))))
    return 0.0


def _held(process: psutil.Process) -> float:
    with suppress(psutil.Error):  # it ended meanwhile
        if process.exe() == OWN:
            memory = process.memory_info()
            return float(memory.rss - getattr(memory, "shared", 0))
    return 0.0


def line(what: str, found: float, most: float, unit: str) -> None:
    """One figure and its bound."""
    print(
        f"{what}: {found:.1f} {unit}, at most {most:.0f}: {'within' if found <= most else 'BEYOND'}",
        flush=True,
    )


def size(file: Path) -> str:
    """Of a file."""
    return f"{file.stat().st_size / MIB:.0f} MiB"


def main() -> None:
    """What was named, or everything."""
    known = {"nodes": nodes, "weights": weights, "speeds": speeds, "profile": profile}
    for name in sys.argv[1:] or known:
        with tempfile.TemporaryDirectory() as folder:
            known[name](Path(folder))


if __name__ == "__main__":
    main()
