"""A native process's way to a first result, and on. `python -m gapprof.native.start`.

Everything that is imported here before onnxruntime belongs to the stage `process`, as in any program.
"""

import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from gapprof.native.refusals import refusals
from gapprof.native.stopwatch import elapsed_ms, since_spawn_ms, warm_up
from gapprof.native.tensors import read_arrays
from gapprof.subject import child

Change = Callable[[Any, Any], None]
"""Of session options; gets the module as well."""


def _nothing(_ort: Any, _options: Any) -> None:
    """As onnxruntime comes."""


def _not_optimised(ort: Any, options: Any) -> None:
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL


def _not_prepacked(_ort: Any, options: Any) -> None:
    options.add_session_config_entry("session.disable_prepacking", "1")


def _profiled(_ort: Any, options: Any) -> None:
    options.enable_profiling = True


_KINDS: Mapping[str, Change] = {
    "usual_ms": _nothing,
    "unoptimised_ms": _not_optimised,
    "unpacked_ms": _not_prepacked,
}


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    process_ms = since_spawn_ms(request["spawned_ns"])
    began = time.perf_counter()
    import onnxruntime  # only in the child: the parent must never load a model

    imported = time.perf_counter()
    try:
        session = _session(onnxruntime, request, _nothing)
        created = time.perf_counter()
        feed = read_arrays(Path(request["inputs"]))
        fed = time.perf_counter()
        session.run(None, feed)
        ran = time.perf_counter()
        observed_ms = since_spawn_ms(request["spawned_ns"])
        moments = {"import": imported, "session": created, "inputs": fed, "first-run": ran}
        stages_ms = {"process": process_ms, **_stages(began, moments)}
        runs_ms = warm_up(
            lambda: session.run(None, feed),
            at_least_ms=request["settle_ms"],
            at_least_runs=request["settle_runs"],
        )
        creations = _creations(onnxruntime, request) if request["recreations"] else {}
    except refusals() as error:
        return {"error": str(error)}
    first_ms = stages_ms["first-run"]
    kept = request["kept_runs"]
    return {
        "stages_ms": stages_ms,
        "observed_ms": observed_ms,
        "runs_ms": [first_ms, *runs_ms][:kept],
        "creations": creations,
    }


def _stages(began: float, ends: Mapping[str, float]) -> dict[str, float]:
    found = {}
    for name, end in ends.items():
        found[name] = (end - began) * 1e3
        began = end
    return found


def _creations(ort: Any, request: Mapping[str, Any]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {kind: [] for kind in (*_KINDS, "parse_ms")}
    turns = list(_KINDS)
    for _ in range(request["recreations"]):
        for kind in turns:
            found[kind].append(elapsed_ms(partial(_session, ort, request, _KINDS[kind])))
        turns.reverse()
        found["parse_ms"] += _parse_ms(ort, request)
    return found


def _parse_ms(ort: Any, request: Mapping[str, Any]) -> list[float]:
    """Reading the model, by onnxruntime's own profiler, which writes into the working directory."""
    session = _session(ort, request, _profiled)
    profile = Path(session.end_profiling())
    events = json.loads(profile.read_text(encoding="utf-8"))
    profile.unlink()
    loading = [event["dur"] / 1e3 for event in events if str(event.get("name")).startswith("model_loading")]
    return loading[:1]


def _session(ort: Any, request: Mapping[str, Any], change: Change) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = request["threads"]
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    change(ort, options)
    return ort.InferenceSession(request["model"], options, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    child.serve(_answer)
