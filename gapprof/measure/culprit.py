"""Which node native onnxruntime dies of: the last one of the fewest first nodes that kill it as all do."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import onnx
from msgspec.structs import replace

from gapprof.measure.prefix import first_nodes
from gapprof.parting.graph import Maker, graph_of
from gapprof.records.job import Job, Pace
from gapprof.records.trial import Failure, Trial

LONGEST_SEARCH_S = 30.0
"""In all. Of 100 nodes it takes 3 s, of 20,000 nodes 17 s, a worker a halving (measured). Who waits for
the other side's figures meanwhile waits for a name as long as for a few visits, and no longer."""
_OF_THE_MODEL = frozenset({"create", "warmup"})
"""Phases that one short run gets to; before them no node has been read."""

Shown = Literal["dies", "runs", "neither"]
Look = Callable[[int], Shown]
"""At so many of the first nodes: they kill as the whole does, or run, or show nothing of either."""


def fewest_deadly(count: int, look: Look) -> int | None:
    """How many of the first nodes kill where one less runs; None where that was not seen.

    Not where all of them, taken out of the file, run: then it is not in the nodes. And not where none of them
    kills as well: then it is in no node.
    """
    if look(count) != "dies" or look(0) != "runs":
        return None
    runs, dies = 0, count
    while dies - runs > 1:
        middle = (runs + dies) // 2
        match look(middle):
            case "dies":
                dies = middle
            case "runs":
                runs = middle
            case "neither":
                return None
    return dies


def deadly_node(
    job: Job, died: Failure, *, timed: Callable[[Job], Trial | Failure], now_s: Callable[[], float]
) -> Maker | None:
    """The node of the job's model that a worker died of; None where no node was found within the time.

    `timed` visits in a fresh worker; it should have died of this job before.
    """
    if died.death is None or died.phase not in _OF_THE_MODEL:
        return None
    try:
        return _found(job, died, timed, now_s)
    except OSError:  # a full disk, mostly: then the node stays unnamed, and nothing else is lost
        return None


def _found(
    job: Job, died: Failure, timed: Callable[[Job], Trial | Failure], now_s: Callable[[], float]
) -> Maker | None:
    until_s = now_s() + LONGEST_SEARCH_S
    model = onnx.load(job.model_path, load_external_data=False)
    graph = graph_of(model)

    def look(count: int) -> Shown:
        with first_nodes(model, graph, count, Path(job.model_path).parent) as path:
            left_s = until_s - now_s()
            if left_s <= 0:
                return "neither"
            found = timed(replace(job, model_path=str(path), pace=_short(job.pace, left_s)))
        if isinstance(found, Trial):
            return "runs"
        same = (found.phase, found.death) == (died.phase, died.death)
        return "dies" if same else "neither"

    found = fewest_deadly(len(graph.makers), look)
    return None if found is None else graph.makers[found - 1]


def _short(pace: Pace, deadline_s: float) -> Pace:
    """One run, or hardly more."""
    return replace(
        pace,
        warmup_ms=0.0,
        warmup_runs=1,
        batch=1,
        samples=1,
        stretch_ms=0.0,
        native_stretch_ms=0.0,
        deadline_s=deadline_s,
    )
