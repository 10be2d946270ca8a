"""The corner points of the ladder, timed by a plain script that shares no measuring code with gapprof.

    python benchmarks/independent_ladder.py [MODEL[=REPORT.json] ...]

Default: zoo:mobilenetv2 zoo:resnet20 zoo:bert-small. Each rung is a fresh process or browser, visited in
shuffled rounds; a figure is the median of single runs. The browser talks to a bare http.server by fetch and
POST: no CDP, no pyppeteer, none of gapprof's pages. Shared with gapprof are the model, its inputs, and the
CPUID ceiling (there is no other way to hold onnxruntime to 128 bits). The same model goes through `gapprof
explain`, or its report of a moment ago is read, and the ratios stand side by side.
"""

import functools
import http.server
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np

from gapprof.assets import find_browser, web_dist
from gapprof.records.subject import NativeRefusal, Subject
from gapprof.subject.open import open_subject

ROUNDS = 6
WARM_S = 0.4
WEB_WARM_S = 2.0
"""V8 compiles for up to a second and more after the first run."""
RUNS = 15
THREADS = 1
SIMD = "geometric mean: simd"

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
print("TIMES" + json.dumps(times))
"""

PAGE = """<!doctype html><meta charset=utf-8><script type=module>
import * as ort from "/ort/ort.wasm.min.mjs";
const answer = (value) => fetch("/answer", { method: "POST", body: JSON.stringify(value) });
addEventListener("unhandledrejection", (event) => answer(String(event.reason)));
const { tensors, threads, warmMs, runs } = await (await fetch("/job.json")).json();
ort.env.wasm.numThreads = threads;
ort.env.wasm.wasmPaths = "/ort/";
const model = new Uint8Array(await (await fetch("/model.onnx")).arrayBuffer());
const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
const views = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array,
    uint8: Uint8Array, bool: Uint8Array };
const feeds = {};
for (const [name, dtype, dims] of tensors) {
  const bytes = await (await fetch("/tensor/" + encodeURIComponent(name))).arrayBuffer();
  feeds[name] = new ort.Tensor(dtype, new views[dtype](bytes), dims);
}
const until = performance.now() + warmMs;
while (performance.now() < until) {
  await session.run(feeds);
  await new Promise((resolve) => setTimeout(resolve));
}
const times = [];
for (let i = 0; i < runs; i++) {
  await new Promise((resolve) => setTimeout(resolve)); // a request is an event of its own
  const think = Math.round(8 + 16 * Math.random());
  const due = performance.now() + think;
  await new Promise((resolve) => setTimeout(resolve, think));
  await session.run(feeds);
  times.push(performance.now() - due);
}
await answer(times);
</script>"""


class Handler(http.server.BaseHTTPRequestHandler):
    """Files of one job, and the place where its answer arrives."""

    def __init__(self, *arguments: Any, files: dict[str, bytes | Path], answers: list[object]) -> None:
        self.files, self.answers = files, answers
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """A page, a script, the model or one tensor."""
        body: bytes | Path | None = self.files.get(self.path.split("?")[0])
        if body is None and self.path.startswith("/ort/"):
            folder = self.files["/ort"]
            body = folder / Path(self.path).name if isinstance(folder, Path) else None
        data = body.read_bytes() if isinstance(body, Path) and body.is_file() else body
        self.send_response(200 if isinstance(data, bytes) else 404)
        kinds = {
            ".mjs": "text/javascript",
            ".js": "text/javascript",
            ".wasm": "application/wasm",
            "": "text/html",
        }
        self.send_header("Content-Type", kinds.get(Path(self.path).suffix, "application/octet-stream"))
        for header, value in (("Opener", "same-origin"), ("Embedder", "require-corp")):
            self.send_header(f"Cross-Origin-{header}-Policy", value)
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        payload = data if isinstance(data, bytes) else b""
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def do_POST(self) -> None:
        """The times, or what went wrong."""
        self.answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing: the figures are the output."""


def native_ms(model: Path, subject: Subject, *, optimise: bool, isa: str, threads: int) -> float:
    """Median run time in a fresh process."""
    job = [str(model), str(subject.inputs_path), optimise, isa, threads, WARM_S, RUNS]
    done = subprocess.run(
        [sys.executable, "-c", NATIVE, json.dumps(job)],
        env={**os.environ, "ORT_DISABLE_TELEMETRY": "1"},
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    line = next(line for line in done.stdout.splitlines() if line.startswith("TIMES"))
    times: list[float] = json.loads(line.removeprefix("TIMES"))
    return statistics.median(times)


def web_ms(subject: Subject, *, threads: int) -> float:
    """Median time of a request, from when it was due, on the page's main thread in a fresh browser."""
    answers: list[object] = []
    with np.load(subject.inputs_path) as arrays:
        tensors = {name: arrays[name] for name in arrays.files}
    job = {
        "tensors": [[name, str(value.dtype), list(value.shape)] for name, value in tensors.items()],
        "threads": threads,
        "warmMs": WEB_WARM_S * 1e3,
        "runs": RUNS,
    }
    files: dict[str, bytes | Path] = {
        "/": PAGE.encode(),
        "/job.json": json.dumps(job).encode(),
        "/model.onnx": subject.original.path,
        "/ort": web_dist(None),
        **{f"/tensor/{name}": value.tobytes() for name, value in tensors.items()},
    }
    handler = functools.partial(Handler, files=files, answers=answers)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    profile = tempfile.mkdtemp(prefix="benchmark-")
    quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    browser = subprocess.Popen(
        [str(find_browser(None)), "--headless=new", "--disable-gpu", "--disable-quic", *quiet, *root,
         f"--user-data-dir={profile}", f"http://127.0.0.1:{server.server_port}/"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        waited = threading.Event()
        for _ in range(6000):
            if answers or waited.wait(0.02):
                break
    finally:
        browser.terminate()
        browser.wait(timeout=20)
        server.shutdown()
        server.server_close()
        shutil.rmtree(profile, ignore_errors=True)
    if not answers or not isinstance(answers[0], list):
        raise RuntimeError(f"the page answered {answers or 'nothing within 120 s'}")
    times: list[float] = answers[0]
    return statistics.median(times)


def common_graph(subject: Subject) -> Path:
    """The file that both sides run without optimisation."""
    if isinstance(subject.common, NativeRefusal):
        raise SystemExit(subject.common.message)
    return subject.common.path


def by_itself(model: str, subject: Subject) -> dict[str, float]:
    """Medians over rounds of each rung's median, ms: one launch with a bad luck of its own does not count."""
    common, own = common_graph(subject), subject.original.path
    visits = {
        "native-threads": functools.partial(
            native_ms, own, subject, optimise=True, isa="full", threads=THREADS
        ),
        "native-extended": functools.partial(
            native_ms, common, subject, optimise=False, isa="full", threads=THREADS
        ),
        "native-all-128": functools.partial(
            native_ms, own, subject, optimise=True, isa="128", threads=THREADS
        ),
        "native-128": functools.partial(
            native_ms, common, subject, optimise=False, isa="128", threads=THREADS
        ),
        "web": functools.partial(web_ms, subject, threads=THREADS),
    }
    order = random.Random(model)
    times: dict[str, list[float]] = {name: [] for name in visits}
    for _ in range(ROUNDS):
        for name in order.sample(list(visits), len(visits)):
            times[name].append(visits[name]())
    return {name: statistics.median(values) for name, values in times.items()}


def by_gapprof(model: str, path: Path) -> None:
    """Have gapprof write its report."""
    command = [
        sys.executable,
        "-m",
        "gapprof",
        "explain",
        model,
        "--json",
        str(path),
        "--quiet",
        "--allow-noisy",
        "--threads",
        str(THREADS),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=1800)


def rungs_of(path: Path) -> dict[str, float]:
    """The same rungs as the report has them, ms."""
    report = json.loads(path.read_bytes())
    found = {row["id"]: row for row in report["rungs"]}
    aliases = {name: found[row["alias_of"] or name] for name, row in found.items()}
    return {name: row["latency_ms"]["point"] for name, row in aliases.items() if row["latency_ms"]}


def ratios(ms: dict[str, float]) -> dict[str, float]:
    """The gap at equal threads, and what 128 bits cost: without native's layout, with it, in the middle."""
    rows = {
        "gap at equal threads": ms["web"] / ms["native-threads"],
        "128 bits / extended": ms["native-128"] / ms["native-extended"],
        "all-128 / native-threads": ms["native-all-128"] / ms["native-threads"],
    }
    return rows | {SIMD: math.sqrt(rows["128 bits / extended"] * rows["all-128 / native-threads"])}


def simd_of(path: Path) -> float:
    """The cause as the report's first screen has it."""
    report = json.loads(path.read_bytes())
    factor: float = next(row["factor"]["point"] for row in report["causes"] if row["id"] == "simd")
    return factor


def main() -> None:
    """Both sides of the comparison, one model after another."""
    arguments = sys.argv[1:] or ["zoo:mobilenetv2", "zoo:resnet20", "zoo:bert-small"]
    for argument in arguments:
        model, _, report = argument.partition("=")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            subject = open_subject(model, shapes={}, inputs=None, seed=0, workdir=folder)
            path = Path(report) if report else folder / "report.json"
            if not report:
                by_gapprof(model, path)
            report_ms, simd = rungs_of(path), simd_of(path)
            plain_ms = by_itself(model, subject)
        print(f"{model}, {THREADS} thread")
        for rung, value in plain_ms.items():
            print(f"  {rung:26s} {value:9.3f} ms   gapprof {report_ms[rung]:9.3f} ms")
        theirs = ratios(report_ms) | {SIMD: simd}
        for what, value in ratios(plain_ms).items():
            off = theirs[what] / value - 1
            print(f"  {what:26s} {value:9.3f}      gapprof {theirs[what]:9.3f}      {off:+.1%}")


if __name__ == "__main__":
    main()
