"""What a trial of many choices settles: which are timed in rounds, and which are worth keeping. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from gapprof.gpu_kernels.family import Choice
from gapprof.gpu_kernels.judged import best, settled
from gapprof.gpu_kernels.page import choice_told
from gapprof.gpu_kernels.refused import refused
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.gpu_kernels import GpuKernelTrial


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What rounds time, and what of it is worth keeping."""

    choices: Mapping[str, Choice]
    kept: Mapping[str, Choice]
    """Found here, of shapes all of whose shaders were timed or refused."""


def tuned_by(trial: GpuKernelTrial, before: Mapping[str, Choice], recorded_on: AdapterIdentity) -> Tuned:
    """With what a database knew before. A trial on another adapter, or with errors, settles nothing."""
    if refused(trial, recorded_on):
        return Tuned(choices=before, kept={})
    chosen = {shape: choice_told(one.choice) for shape, one in best(trial.times).items()}
    done = settled(trial.times)
    return Tuned(
        choices={**before, **chosen},
        kept={shape: choice for shape, choice in chosen.items() if shape in done},
    )
