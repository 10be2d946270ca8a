"""Single requests in a fresh browser, which talks to a bare http.server by fetch and POST: no CDP, no
pyppeteer, none of gapprof's pages."""

import functools
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from corners.kept import Visit
from gapprof.assets import find_browser, web_dist
from gapprof.records.subject import Subject

WARM_S = 2.0
"""V8 compiles for up to a second and more after the first run."""
RUNS = 15

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
await answer({ times, web: ort.env.versions.web, agent: navigator.userAgent });
</script>"""


class Answer(Struct, frozen=True, kw_only=True):
    """Of the page."""

    times: tuple[float, ...]
    web: str
    """Version of onnxruntime-web."""
    agent: str


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


def in_browser(subject: Subject, *, threads: int) -> Visit:
    """Requests, each from when it was due, on the page's main thread in a fresh browser."""
    answers: list[object] = []
    with np.load(subject.inputs_path) as arrays:
        tensors = {name: arrays[name] for name in arrays.files}
    job = {
        "tensors": [[name, str(value.dtype), list(value.shape)] for name, value in tensors.items()],
        "threads": threads,
        "warmMs": WARM_S * 1e3,
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
    if not answers:
        raise RuntimeError("the page answered nothing within 120 s")
    try:
        said = msgspec.convert(answers[0], type=Answer)
    except msgspec.ValidationError as error:
        raise RuntimeError(f"the page answered {answers[0]}") from error
    engine = next(word for word in said.agent.split() if "Chrome/" in word)
    return Visit(runs_ms=said.times, versions={"onnxruntime-web": said.web, "browser": engine})
