"""Twins as native code, in a fresh process for every instruction set, on as many threads as the page has."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from gapprof.errors import EnvironmentUnusable
from gapprof.kernels.llvm.compile import host_targets, version
from gapprof.kernels.llvm.target import Target
from gapprof.subject import child
from gapprof.subject.unanswered import unanswered
from gapprof.yardstick.buffers import Memory
from gapprof.yardstick.companions import accompanied
from gapprof.yardstick.native_nest import Nest, base, code_of, filled
from gapprof.yardstick.wish import Effort, Wanted

_MODULE = "gapprof.yardstick.native_side"


class Asked(Struct, frozen=True, kw_only=True):
    """What the process gets."""

    target: str
    memory: Memory
    wanted: tuple[Wanted, ...]
    effort: Effort
    threads: int
    """That run a nest at once while it is timed, each on a memory of its own."""
    seed: int


class Answer(Struct, frozen=True, kw_only=True):
    """What it says: means of a call, per loop nest."""

    samples_us: tuple[tuple[float, ...], ...]
    engine: str


def timed(asked: Asked, *, scratch: Path, deadline_s: float) -> Answer:
    """All loop nests in rounds, in a process of their own. Raises EnvironmentUnusable, with the reason."""
    outcome = child.ask(_MODULE, msgspec.to_builtins(asked), scratch=scratch, deadline_s=deadline_s)
    if isinstance(outcome, child.Answered):
        return msgspec.convert(outcome.value, Answer)
    raise EnvironmentUnusable(unanswered(outcome, f"native twins of {asked.target}"))


def targets() -> tuple[Target, ...]:
    """Instruction sets of this machine. Raises EnvironmentUnusable where there is no llvmlite."""
    return host_targets()


def _timed(request: dict[str, Any]) -> dict[str, Any]:
    asked = msgspec.convert(request, Asked)
    target = next(one for one in host_targets() if one.id == asked.target)
    codes = [code_of(one, target) for one in asked.wanted]
    memories = [filled(asked.memory.size_bytes, asked.seed + number) for number in range(asked.threads)]
    tables = [np.array(one.calls(asked.memory), np.int64) for one in asked.wanted]
    nests, *others = (
        [Nest(code, table + base(memory)) for code, table in zip(codes, tables, strict=True)]
        for memory in memories
    )
    for at, nest in enumerate(nests):
        nest.warm_up(asked.effort)
        for other in others:
            other[at].keep_up_with(nest)
    random = np.random.default_rng(asked.seed)
    samples: list[list[float]] = [[] for _ in nests]
    with accompanied([[nest.piece for nest in one] for one in others]) as companions:
        for _ in range(asked.effort.samples):
            for at in random.permutation(len(nests)):
                nests[at].once()
                with companions.working(at):
                    samples[at].append(nests[at].sample_us())
    return {"samples_us": samples, "engine": version()}


if __name__ == "__main__":
    child.serve(_timed)
