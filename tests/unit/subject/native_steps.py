"""Models opened in this process alone, for tests of what comes after that."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gapprof.native import optimise
from gapprof.subject import child, observe

_STEPS = {optimise.__name__: optimise._optimise, observe.__name__: observe._observe}


@contextlib.contextmanager
def native_steps_here() -> Iterator[None]:
    """Both steps that onnxruntime takes in opening a model are taken here. A process of its own for each is
    for models that bring it down, and takes longer to start than a little model to run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "ask", _here)
        yield


def _here(module: str, request: dict[str, Any], *, scratch: Path, deadline_s: float) -> child.Answered:
    with contextlib.chdir(scratch):
        return child.Answered(value=json.loads(json.dumps(_STEPS[module](request))))
