"""A native process's way to a first result, and on. `python -m gapprof.native.start`.

Everything that is imported here before onnxruntime belongs to the stage `process`, as in any program.
"""

import itertools
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from gapprof.native.refusals import refusals
from gapprof.native.stopwatch import elapsed_ms, since_spawn_ms, warm_up
from gapprof.native.tensors import read_arrays
from gapprof.subject import child

_CPU = "CPUExecutionProvider"
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
    reads = [_read_bytes()]
    began = time.perf_counter()
    import onnxruntime  # only in the child: the parent must never load a model

    reads.append(_read_bytes())
    imported = time.perf_counter()
    try:
        session = _session(onnxruntime, request, _nothing)
        reads.append(_read_bytes())
        created = time.perf_counter()
        feed = read_arrays(Path(request["inputs"]))
        reads.append(_read_bytes())
        fed = time.perf_counter()
        session.run(None, feed)
        ran = time.perf_counter()
        observed_ms = since_spawn_ms(request["spawned_ns"])
        moments = {"import": imported, "session": created, "inputs": fed, "first-run": ran}
        reads.append(_read_bytes())
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
        "read_bytes": _by_stage(list(stages_ms), reads),
        "files": _files(),
    }


def _read_bytes() -> int | None:
    """What this process had the disk read so far; None where the system does not say."""
    try:
        lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("read_bytes:")), None)


def _by_stage(stages: Sequence[str], reads: Sequence[int | None]) -> dict[str, int]:
    known = [read for read in reads if read is not None]
    if len(known) < len(stages):
        return {}
    return dict(zip(stages, [known[0], *(b - a for a, b in itertools.pairwise(known))], strict=True))


def _files() -> list[str]:
    """What this process has read of Python and of libraries: its modules and all that is mapped."""
    specs = (getattr(module, "__spec__", None) for module in list(sys.modules.values()))
    named = (path for spec in specs if spec for path in (spec.cached, spec.origin) if path)
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    mapped = (parts[5] for line in lines if len(parts := line.split(maxsplit=5)) == 6)
    return sorted({path for path in (*named, *mapped) if Path(path).is_file()})


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
    provider = request["provider"]
    session = ort.InferenceSession(request["model"], options, providers=list(dict.fromkeys((provider, _CPU))))
    first = session.get_providers()[0]
    if first != provider:
        raise RuntimeError(f"{provider} was asked for, and onnxruntime made the session on {first}")
    return session


if __name__ == "__main__":
    child.serve(_answer)
