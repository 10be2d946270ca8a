"""Whether a ceiling really holds here: put up once in a fresh process, as every rung under it would do."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gapprof.guard import Guard
from gapprof.native.isa.ceiling import CeilingError
from gapprof.native.isa.host import why_not
from gapprof.native.runtime import start_runtime
from gapprof.subject import child
from gapprof.subject.child import Answered, Died, Overdue

DEADLINE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """What this machine does to each ceiling. A run asks a process once for each and remembers the answer."""

    guard: Guard
    cache_folder: Path | None
    """Where to keep what the scan for CPUID found."""
    module: str = "gapprof.native.isa.proof"
    """What the process runs."""
    _known: dict[str, str | None] = field(default_factory=dict, compare=False, repr=False)

    def why_not(self, isa: str) -> str | None:
        """Why onnxruntime cannot be held to `isa` (a value of `Setting.isa`) here; None when it can.

        What needs no process is asked first, so that on another system none is started.
        """
        if isa not in self._known:
            self._known[isa] = why_not(isa) or (None if isa == "full" else self._refusal(isa))
        return self._known[isa]

    def _refusal(self, isa: str) -> str | None:
        request = {"isa": isa, "cache": str(self.cache_folder) if self.cache_folder is not None else None}
        try:
            with self.guard.folder("ceiling") as scratch:
                outcome = child.ask(self.module, request, scratch=scratch, deadline_s=DEADLINE_S)
        except OSError as error:
            return f"no process could be started to try the ceiling: {error}"
        match outcome:
            case Overdue(deadline_s=deadline_s):
                return f"onnxruntime did not start under the ceiling within {deadline_s:.0f} s"
            case Died(how=how):
                return f"onnxruntime did not survive its start under the ceiling ({how})"
            case Answered(value=value):
                refusal: str | None = value["refusal"]
                return refusal


def prove(request: dict[str, Any]) -> dict[str, Any]:
    """Start onnxruntime under the ceiling, in a process that does nothing else and ends."""
    try:
        start_runtime(request["isa"], request["cache"] and Path(request["cache"]))
    except (CeilingError, ImportError) as error:
        return {"refusal": str(error)}
    return {"refusal": None}


if __name__ == "__main__":
    child.serve(prove)
