"""What the GPU computed, against native onnxruntime on the same inputs."""

import shutil
import tempfile
from pathlib import Path

from gapprof.errors import ModelUnusable
from gapprof.measure.outputs import compare
from gapprof.records.job import Job
from gapprof.records.subject import NativeRefusal
from gapprof.records.trial import OutputCheck
from gapprof.subject import child
from gapprof.subject.refusal import answer_of

NATIVE_S = 300.0
_DOING = "run the model natively, whose outputs the GPU's are compared with"


def checked(job: Job, scratch: Path) -> tuple[OutputCheck, ...]:
    """One check for each output that the page left at `outputs_path`; `facts.agreement.agrees` judges.

    `scratch`: a folder for what lasts no longer than this. Raises ModelUnusable where native refuses it.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        inputs, outputs = Path(name, "inputs"), Path(name, "outputs")
        inputs.mkdir()
        outputs.mkdir()
        shutil.copyfile(job.inputs_path, inputs / "one.npz")
        request = {
            "model": job.model_path,
            "inputs": str(inputs),
            "outputs": str(outputs),
            "threads": job.setting.threads,
            "optimise": job.optimise,
        }
        said = child.ask("gapprof.native.answers", request, scratch=scratch, deadline_s=NATIVE_S)
        answer = answer_of(said, doing=_DOING, hint="Export the model without what onnxruntime refuses.")
        if isinstance(answer, NativeRefusal):
            raise ModelUnusable(f"native onnxruntime refuses the model: {answer.message}", hint=answer.hint)
        return compare("web", Path(job.outputs_path), "native", outputs / "one.npz")
