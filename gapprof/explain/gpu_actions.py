"""What the reader can change on the way to the GPU, each predicted from runs without it.

Uploads, read-backs and submission are no such thing: a page that needs results cannot do without any.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gapprof.explain.untried import untried_ms
from gapprof.facts.case import Case
from gapprof.facts.gpu_calls import elsewhere, steady_run
from gapprof.facts.gpu_placement import placement
from gapprof.facts.gpu_rungs import BEFORE, GAPS, WITHOUT
from gapprof.facts.gpu_runs import REPLAY_WEB, SESSION, GpuPart, stalled
from gapprof.records.estimate import Estimate, Owner
from gapprof.records.report import Action
from gapprof.text.names import harmless

_MOST_NAMES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    owner: Owner
    cause: str
    text: str


_CHANGES: Mapping[GpuPart, _Change] = MappingProxyType(
    {
        "inner-reads": _Change(
            owner="model",
            cause="library",
            text="Export the model without operators that stop the GPU{operators}",
        ),
        "pipelines": _Change(
            owner="library",
            cause="library",
            text="Serve a build of onnxruntime-web that keeps pipelines: every run makes {pipelines} anew",
        ),
    }
)
_ORIGINAL = _Change(
    owner="model",
    cause="library",
    text="Use the original .onnx, or convert it again: the CPU's optimiser made this one{operators}",
)
_GAPS = _Change(
    owner="library",
    cause="runtime",
    text="Keep the thread that runs the model free between submits, one of which comes late",
)


def gpu_actions(case: Case, now: Estimate, levels: Mapping[str, float]) -> Iterator[Action]:
    """Nothing on the processor, and nothing that does not cost time beyond doubt. `levels`: by cause."""
    run = case.get(steady_run)
    if run is None:
        return
    names = [harmless(name, 40) for name in list(case.get(elsewhere))[:_MOST_NAMES]]
    words = {
        "pipelines": run.pipelines,
        "operators": f": {', '.join(names)}" if names else "",
    }
    changes = dict(_CHANGES)
    if _all_optimised_before(case):
        changes["inner-reads"] = _ORIGINAL
    steps = [(change, WITHOUT[REPLAY_WEB, part], REPLAY_WEB) for part, change in changes.items()]
    stalls = [(_GAPS, BEFORE, GAPS)] if stalled(case, SESSION) else []
    for change, source, to in (*steps, *stalls):
        then = untried_ms(case, source, to, levels[change.cause])
        if then is not None:
            text = change.text.format(**words)
            yield Action(
                text=text, owner=change.owner, cause=change.cause, now_ms=now, then_ms=then, basis="predicted"
            )


def _all_optimised_before(case: Case) -> bool:
    """Whether the original file would have none of the operators that the processor runs."""
    found = case.get(placement)
    if found is None or not found.optimised_before:
        return False
    return all(one.op_type in found.optimised_before for one in found.operators if one.cpu)
