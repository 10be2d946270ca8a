"""A case as it was measured, and with what is made of it: what its file holds."""

from typing import Literal

from msgspec import Struct

from gapprof.records.environment import Setting
from gapprof.records.estimate import Estimate, Verdict

Outcome = Literal["recovered", "not recovered", "undecided"]

Turns = tuple[tuple[float, ...], ...]
"""Turn by turn, one value per request, ms."""


class Launch(Struct, frozen=True, kw_only=True):
    """One browser: a turn at rest for every burning one."""

    burning_ms: Turns
    at_rest_ms: Turns
    burning_runs_ms: Turns
    """Of the same requests, the runs alone."""
    at_rest_runs_ms: Turns


class Planting(Struct, frozen=True, kw_only=True):
    """One case as it was measured, beside its recording."""

    model: str
    where: str
    duty: float
    every_ms: float
    model_sha256: str
    setting: Setting
    """Of both sides: what the rung `web` of the recording had."""
    optimise: bool
    """Of both sides: onnxruntime-web's own optimisation of the file."""
    launches: tuple[Launch, ...]


class Planted(Planting, frozen=True, kw_only=True):
    """The same, with what the A/B and `explain` make of it."""

    direct: Estimate
    """Burning over at rest, of the mean request; over launches."""
    explained: Estimate | None
    """Of the part `page` of `contention`."""
    contention: Estimate | None
    """Of the whole cause: the step onto the main thread is in it as well."""
    verdict: Verdict
    direct_runs: Estimate
    """Burning over at rest, of the mean run."""
    explained_runs: Estimate | None
    """Of the part `slower-runs` of `page`."""
    runs_verdict: Verdict
    outcome: Outcome
