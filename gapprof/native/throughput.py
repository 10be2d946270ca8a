"""How many runs a second a native process does that answers on every core at once.

`python -m gapprof.native.throughput`. As a server does it: one session of one thread a run, and as many
callers as cores; onnxruntime lets go of the interpreter's lock while it runs.
"""

import threading
import time
from pathlib import Path
from typing import Any

import msgspec

from gapprof.native.refusals import refusals
from gapprof.native.tensors import read_arrays
from gapprof.native.usage import with_load
from gapprof.subject import child


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    import onnxruntime  # only in the child: the parent must never load a model

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    feed = read_arrays(Path(request["inputs"]))
    try:
        session = onnxruntime.InferenceSession(request["model"], options, providers=["CPUExecutionProvider"])
        session.run(None, feed)
        callers, least_s = request["callers"], request["least_s"]
        (runs, took_s), load = with_load(lambda: _together(session, feed, callers=callers, least_s=least_s))
    except refusals() as error:
        return {"error": str(error)}
    return {"runs_per_s": runs / took_s, "load": msgspec.to_builtins(load)}


def _together(session: Any, feed: dict[str, Any], *, callers: int, least_s: float) -> tuple[int, float]:
    """Runs of all callers from when the first one began until the last one's run that counts ended."""
    counts, ends = [0] * callers, [0.0] * callers
    ready = threading.Barrier(callers + 1)

    def call(caller: int) -> None:
        ready.wait()
        began = time.perf_counter()
        while not counts[caller] or time.perf_counter() - began < least_s:
            session.run(None, feed)
            counts[caller] += 1
        ends[caller] = time.perf_counter()

    threads = [threading.Thread(target=call, args=(caller,), daemon=True) for caller in range(callers)]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return sum(counts), max(ends) - began


if __name__ == "__main__":
    child.serve(_answer)
