"""Looking for the best schedules of native code, in a process of its own that stops when time is over."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from gapprof.errors import EnvironmentUnusable
from gapprof.kernels.llvm.compile import host_targets, version
from gapprof.subject import child
from gapprof.subject.unanswered import unanswered
from gapprof.yardstick.buffers import Memory
from gapprof.yardstick.native_nest import Nest, base, code_of, filled
from gapprof.yardstick.wish import Effort, Wanted

_MODULE = "gapprof.yardstick.native_tuning"
Samples = tuple[tuple[float, ...], ...]
"""Of each candidate, in µs."""


class Asked(Struct, frozen=True, kw_only=True):
    """What the process gets."""

    target: str
    memory: Memory
    batches: tuple[tuple[Wanted, ...], ...]
    """Candidates of one shape each."""
    effort: Effort
    seed: int
    budget_s: float
    """After which no batch is begun any more."""


class Answer(Struct, frozen=True, kw_only=True):
    """What it says of as many batches as the time sufficed for."""

    samples_us: tuple[Samples, ...]
    engine: str


def tuned(asked: Asked, *, scratch: Path, deadline_s: float) -> Answer:
    """The candidates of each batch against each other. Raises EnvironmentUnusable, with the reason."""
    outcome = child.ask(_MODULE, msgspec.to_builtins(asked), scratch=scratch, deadline_s=deadline_s)
    if isinstance(outcome, child.Answered):
        return msgspec.convert(outcome.value, Answer)
    raise EnvironmentUnusable(unanswered(outcome, f"tuning native twins of {asked.target}"))


def _tuned(request: dict[str, Any]) -> dict[str, Any]:
    until = time.perf_counter()
    asked = msgspec.convert(request, Asked)
    until += asked.budget_s
    target = next(one for one in host_targets() if one.id == asked.target)
    memory, random = filled(asked.memory.size_bytes, asked.seed), np.random.default_rng(asked.seed)
    found: list[list[list[float]]] = []
    for batch in asked.batches:
        if time.perf_counter() > until:
            break
        nests = [
            Nest(code_of(one, target), np.array(one.calls(asked.memory), np.int64) + base(memory))
            for one in batch
        ]
        found.append(raced(nests, asked.effort, random))
    return {"samples_us": found, "engine": version()}


def raced(nests: Sequence[Nest], effort: Effort, random: np.random.Generator) -> list[list[float]]:
    """Samples of each, in turns; one alone of those that take `given_up` times what the fastest does."""
    samples: list[list[float]] = []
    for nest in nests:
        nest.settle(effort)
        samples.append([nest.sample_us()])
    most_us = effort.given_up * min(one[0] for one in samples)
    rivals = [at for at, (first,) in enumerate(samples) if not most_us or first <= most_us]
    for _ in range(effort.samples - 1):
        for at in random.permutation(rivals):
            nests[at].once()
            samples[at].append(nests[at].sample_us())
    return samples


if __name__ == "__main__":
    child.serve(_tuned)
