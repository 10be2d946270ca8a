"""Single runs in a fresh Python process, by a script of its own that is handed its job as JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec

from corners.kept import Visit
from gapprof.records.subject import Subject

WARM_S = 0.4
RUNS = 15

NATIVE = """
import sys, json, time, ctypes
model, inputs, optimise, isa, threads, warm_s, runs = json.loads(sys.argv[1])
if isa != "full":
    from gapprof.native.isa.ceiling import install
    install(isa, cache=None)
import numpy as np, onnxruntime as ort
options = ort.SessionOptions()
options.intra_op_num_threads = threads
options.log_severity_level = 3
level = ort.GraphOptimizationLevel
options.graph_optimization_level = level.ORT_ENABLE_ALL if optimise else level.ORT_DISABLE_ALL
session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
feeds = dict(np.load(inputs))
end = time.perf_counter() + warm_s
while time.perf_counter() < end:
    session.run(None, feeds)
times = []
for _ in range(runs):
    began = time.perf_counter()
    session.run(None, feeds)
    times.append((time.perf_counter() - began) * 1e3)
print("ANSWER" + json.dumps([times, ort.__version__]))
"""


def natively(model: Path, subject: Subject, *, optimise: bool, isa: str, threads: int) -> Visit:
    """One launch of onnxruntime."""
    job = [str(model), str(subject.inputs_path), optimise, isa, threads, WARM_S, RUNS]
    done = subprocess.run(
        [sys.executable, "-c", NATIVE, json.dumps(job)],
        env={**os.environ, "ORT_DISABLE_TELEMETRY": "1"},
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    line = next(line for line in done.stdout.splitlines() if line.startswith("ANSWER"))
    runs_ms, version = msgspec.json.decode(line.removeprefix("ANSWER"), type=tuple[tuple[float, ...], str])
    return Visit(runs_ms=runs_ms, versions={"onnxruntime": version})
