"""Native onnxruntime, asked what the GPU's outputs should be."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof.errors import ModelUnusable
from gapprof.gpu.against_native import checked
from gapprof.gpu.visited import empty_job
from gapprof.subject.sketch import Sketch


def test_it_is_stopped_when_a_visit_s_time_is_used_up(tmp_path: Path) -> None:
    sketch = Sketch("one", seed=1)
    sketch.output(sketch.node("n", "Neg", [sketch.input("x", [2])]), "y", [2])
    model, values = tmp_path / "model.onnx", tmp_path / "values.npz"
    sketch.save(model)
    np.savez(values, x=np.ones(2, np.float32))
    job = replace(empty_job(), model_path=str(model), inputs_path=str(values), outputs_path=str(values))
    with pytest.raises(ModelUnusable, match="within 0 s and was stopped"):
        checked(job, tmp_path, deadline_s=0.01)
