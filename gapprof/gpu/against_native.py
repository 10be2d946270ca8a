"""What the GPU computed, against native onnxruntime on the same inputs."""

import shutil
import tempfile
from pathlib import Path

from gapprof.errors import ModelUnusable
from gapprof.measure.outputs import compare
from gapprof.native import answers
from gapprof.records.job import Job
from gapprof.records.subject import NativeRefusal
from gapprof.records.trial import OutputCheck

_DOING = "run the model natively, whose outputs the GPU's are compared with"
_HINT = "Export the model without what onnxruntime refuses."


def checked(job: Job, scratch: Path, *, deadline_s: float = answers.DEADLINE_S) -> tuple[OutputCheck, ...]:
    """One check for each output that the page left at `outputs_path`; `facts.agreement.agrees` judges.

    `scratch`: a folder for what lasts no longer than this. Raises ModelUnusable where native refuses it, or
    takes longer than `deadline_s`.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        inputs, outputs = Path(name, "inputs"), Path(name, "outputs")
        inputs.mkdir()
        outputs.mkdir()
        shutil.copyfile(job.inputs_path, inputs / "one.npz")
        ran = answers.answered(
            job,
            inputs=inputs,
            outputs=outputs,
            scratch=scratch,
            doing=_DOING,
            hint=_HINT,
            deadline_s=deadline_s,
        )
        if isinstance(ran, NativeRefusal):
            raise ModelUnusable(f"native onnxruntime refuses the model: {ran.message}", hint=ran.hint)
        return compare("web", Path(job.outputs_path), "native", outputs / "one.npz")
