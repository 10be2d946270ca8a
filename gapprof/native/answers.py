"""What native onnxruntime answers to one input after the other. `python -m gapprof.native.answers`."""

import time
from pathlib import Path
from typing import Any

from gapprof.native.refusals import refusals
from gapprof.native.tensors import read_arrays, write_arrays
from gapprof.records.job import Job
from gapprof.records.subject import NativeRefusal
from gapprof.subject import child
from gapprof.subject.refusal import answer_of

DEADLINE_S = 300.0


def answered(
    job: Job,
    *,
    inputs: Path,
    outputs: Path,
    scratch: Path,
    doing: str,
    hint: str,
    deadline_s: float = DEADLINE_S,
) -> tuple[float, ...] | NativeRefusal:
    """What each run took, in ms, after the job's model ran on the processor on every .npz of `inputs`.

    `outputs`, a folder, gets one .npz of the same name for each. `doing`, `hint`: as of `answer_of`, which
    raises ModelUnusable past the deadline.
    """
    request = {
        "model": job.model_path,
        "inputs": str(inputs),
        "outputs": str(outputs),
        "threads": job.setting.threads,
        "optimise": job.optimise,
    }
    said = child.ask("gapprof.native.answers", request, scratch=scratch, deadline_s=deadline_s)
    answer = answer_of(said, doing=doing, hint=hint)
    return answer if isinstance(answer, NativeRefusal) else tuple(answer["runs_ms"])


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    """Leave one .npz of outputs per .npz of inputs, in its place in the other folder."""
    import onnxruntime  # only in the child: the parent must never load a model

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = request["threads"]
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if request["optimise"] else level.ORT_DISABLE_ALL
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(request["model"], options, providers=["CPUExecutionProvider"])
        names = [port.name for port in session.get_outputs()]
        runs_ms = []
        for path in sorted(Path(request["inputs"]).glob("*.npz")):
            feed = read_arrays(path)
            began = time.perf_counter()
            outputs = session.run(names, feed)
            runs_ms.append((time.perf_counter() - began) * 1e3)
            write_arrays(Path(request["outputs"]) / path.name, dict(zip(names, outputs, strict=True)))
    except refusals() as error:
        return {"error": str(error)}
    return {"runs_ms": runs_ms}


if __name__ == "__main__":
    child.serve(_answer)
