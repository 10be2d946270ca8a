"""What a process of its own holds while it opens a model, runs it, and lets go of it.

`python -m gapprof.native.footprint`.
"""

import gc
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from gapprof.memory.maps import mapped, resident
from gapprof.native.refusals import refusals
from gapprof.native.tensors import read_arrays
from gapprof.subject import child


@dataclass(slots=True, kw_only=True)
class Watched:
    """This process, read at every stage."""

    stages: list[dict[str, Any]] = field(default_factory=list)
    chunks: list[dict[str, Any]] = field(default_factory=list)
    runs: int = 0

    def look(self, stage: str) -> None:
        """Read what is held now."""
        self.stages.append(self._look(stage))

    def chunk(self) -> None:
        """The same between two chunks of runs, without garbage."""
        gc.collect()
        self.chunks.append(self._look("chunk"))

    def _look(self, stage: str) -> dict[str, Any]:
        found, size = mapped(os.getpid()), resident(os.getpid())
        own = found.proportional_bytes if found else psutil.Process().memory_info().rss
        return {
            "stage": stage,
            "runs": self.runs,
            "processes": {"native": own},
            "peak_bytes": size.peak_bytes if size else None,
            "resident_bytes": size.bytes_now if size else None,
            "resident_file_bytes": size.file_bytes if size else None,
            "files": {"native": found.file_bytes} if found else {},
            "code_bytes": found.code_bytes if found else None,
        }


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    watched = Watched()
    feed = read_arrays(Path(request["inputs"]))
    watched.look("start")
    import onnxruntime  # only in the child: the parent must never load a model

    watched.look("load")
    try:
        _lived(watched, lambda: _session(onnxruntime, request), feed, request)
    except refusals() as error:
        return {"error": str(error)}
    told_by = "pss" if mapped(os.getpid()) else "rss"
    return {"stages": watched.stages, "chunks": watched.chunks, "told_by": told_by}


def _lived(
    watched: Watched, create: Callable[[], Any], feed: Mapping[str, Any], request: Mapping[str, Any]
) -> None:
    session = create()
    watched.look("create")
    _run(watched, session, feed, 1)
    watched.look("first-run")
    began, run_ms = time.perf_counter(), 0.0
    while time.perf_counter() - began < request["steady_ms"] / 1e3:
        one = time.perf_counter()
        _run(watched, session, feed, 1)
        run_ms = (time.perf_counter() - one) * 1e3
    watched.look("steady")
    fit = int(request["chunk_ms"] / max(run_ms, 1e-3))
    runs = max(request["least_runs"], min(request["most_runs"], fit))
    for _ in range(request["chunks"]):
        _run(watched, session, feed, runs)
        watched.chunk()
    del session
    gc.collect()
    watched.look("released")
    again = create()
    _run(watched, again, feed, 1)
    watched.look("again")


def _session(ort: Any, request: Mapping[str, Any]) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = request["threads"]
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = request["arena"]
    options.log_severity_level = 4
    return ort.InferenceSession(request["model"], options, providers=["CPUExecutionProvider"])


def _run(watched: Watched, session: Any, feed: Mapping[str, Any], runs: int) -> None:
    for _ in range(runs):
        session.run(None, feed)
    watched.runs += runs


if __name__ == "__main__":
    child.serve(_answer)
