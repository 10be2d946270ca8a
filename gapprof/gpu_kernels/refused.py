"""What cannot stand beside the library's dispatches: adapters, and trials of shaders. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gapprof.errors import EnvironmentUnusable
from gapprof.facts.adapters import differences, titled
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.gpu_kernels import GpuKernelTrial

_CLOCK = "timestamp-query"


def demand_clock(adapter: AdapterIdentity) -> None:
    """Raises EnvironmentUnusable for an adapter by which no shader can be timed."""
    if _CLOCK not in adapter.features:
        raise EnvironmentUnusable(
            f"{titled(adapter)} lacks {_CLOCK}, the GPU's own clock, by which shaders are timed",
            hint="Update the graphics driver, or name another browser with --browser PATH.",
        )


def refused(trial: GpuKernelTrial, recorded_on: AdapterIdentity | None) -> str:
    """Why its times are of something else than the library's; empty: they are of the same."""
    apart = differences(recorded_on, trial.adapter) if recorded_on is not None else ()
    if apart:
        return f"another adapter than the library's ran them ({'; '.join(apart)})"
    return f"the GPU reported {trial.errors[0]}" if trial.errors else ""


def titled_round(number: int) -> str:
    """What a trial that does not count was of, as the begin of a sentence."""
    return "Tuning failed" if number < 0 else f"Our shaders were not timed in round {number + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The trials that count, and why others do not."""

    used: Sequence[GpuKernelTrial]
    refused: Sequence[tuple[int, str]]
    """Round and reason."""


def judged(trials: Iterable[GpuKernelTrial], recorded_on: AdapterIdentity | None) -> Judged:
    """All trials of a recording."""
    told = [(trial, refused(trial, recorded_on)) for trial in trials]
    return Judged(
        used=[trial for trial, why in told if not why],
        refused=[(trial.round, why) for trial, why in told if why],
    )
