"""Recorded calls as native code, in a fresh process: what is wrong with the code ends that process alone."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from gapprof.errors import EnvironmentUnusable
from gapprof.kernels.llvm.compile import version
from gapprof.subject import child
from gapprof.subject.unanswered import unanswered
from gapprof.transplant.native_case import NativeCase, Ready
from gapprof.wasm.module import parsed
from gapprof.yardstick.wish import Effort

_MODULE = "gapprof.transplant.native_side"


class Asked(Struct, frozen=True, kw_only=True):
    """What the process gets."""

    module: str
    cases: tuple[NativeCase, ...]
    effort: Effort
    """No samples: nothing is timed."""
    seed: int


class Answer(Struct, frozen=True, kw_only=True):
    """What it says, per case: means of a call, and what memory and rows came to after two passes."""

    samples_us: tuple[tuple[float, ...], ...]
    sha256: tuple[str, ...]
    engine: str


def replayed(asked: Asked, *, scratch: Path, deadline_s: float) -> Answer:
    """All cases in rounds, in a process of their own. Raises EnvironmentUnusable, with the reason."""
    what = ", ".join(str(case.function) for case in asked.cases)
    outcome = child.ask(_MODULE, msgspec.to_builtins(asked), scratch=scratch, deadline_s=deadline_s)
    if isinstance(outcome, child.Answered):
        return msgspec.convert(outcome.value, Answer)
    raise EnvironmentUnusable(unanswered(outcome, f"the native code of function {what}"))


def _replayed(request: dict[str, Any]) -> dict[str, Any]:
    asked = msgspec.convert(request, Asked)
    module = parsed(Path(asked.module).read_bytes())
    ready = [Ready(module, case) for case in asked.cases]
    samples: list[list[float]] = [[] for _ in ready]
    if asked.effort.samples:
        for one in ready:
            one.warm_up(asked.effort)
    random = np.random.default_rng(asked.seed)
    for _ in range(asked.effort.samples):
        for at in random.permutation(len(ready)):
            samples[at].append(ready[at].sample_us())
    return {"samples_us": samples, "sha256": [one.digest() for one in ready], "engine": version()}


if __name__ == "__main__":
    child.serve(_replayed)
