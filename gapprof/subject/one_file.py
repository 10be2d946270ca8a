"""The same model with its weights inside the one file, for builds of onnxruntime-web that mount no others."""

from pathlib import Path
from typing import Any

import onnx

from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.records.subject import StagedModel
from gapprof.subject import child, limits
from gapprof.text import numbers

DEADLINE_S = 120.0
"""Reading and writing 2 GiB on a slow disk."""


def in_one_file(model: StagedModel) -> StagedModel:
    """Made once, in a folder beside the model's own; a model without external data is one file already.

    Raises ModelUnusable where one file cannot hold it, and EnvironmentUnusable where it could not be made.
    """
    if not model.external_data:
        return model
    own = model.path.parent
    folder = own.with_name(f"{own.name}-in-one-file")
    whole = StagedModel(path=folder / model.path.name)
    if whole.path.exists():
        return whole
    size_bytes = sum((own / name).stat().st_size for name in (model.path.name, *model.external_data))
    if size_bytes > limits.GRAPH_FILE_BYTES:
        raise ModelUnusable(
            f"in one file the model would have {numbers.size(size_bytes)}, and protobuf ends at 2 GiB",
            hint="Measure a smaller or quantised model.",
        )
    folder.mkdir(exist_ok=True)
    request = {"source": str(model.path), "target": str(whole.path)}
    match child.ask("gapprof.subject.one_file", request, scratch=folder, deadline_s=DEADLINE_S):
        case child.Answered():
            return whole
        case child.Died(how=how):
            why = how
        case child.Overdue(deadline_s=deadline_s):
            why = f"it took longer than {deadline_s:.0f} s"
    raise EnvironmentUnusable(
        f"the model could not be put into one file ({why})",
        hint="See that there is room in memory, and on the disk of the temporary folder.",
    )


def _put_together(request: dict[str, Any]) -> dict[str, Any]:
    target = Path(request["target"])
    part = target.with_name(f"part-of-{target.name}")
    onnx.save(onnx.load(request["source"]), part, format="protobuf")
    part.replace(target)
    return {}


if __name__ == "__main__":
    child.serve(_put_together)
