"""Twins as wasm, in a page of a fresh browser: the user's own, with the user's flags."""

import asyncio
import base64
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gapprof.browser import blocking
from gapprof.browser.cdp import CallError
from gapprof.browser.trouble import VisitError
from gapprof.browser.visit import Course, Equipment, Visit, visiting
from gapprof.errors import EnvironmentUnusable
from gapprof.kernels.family import F32
from gapprof.kernels.ir import repeated
from gapprof.kernels.wasm.module import module
from gapprof.kernels.wasm.module import program as program_module
from gapprof.records.job import Job
from gapprof.records.wire.kernels import KernelCase, KernelsTask, KernelsTimed
from gapprof.yardstick.buffers import Memory
from gapprof.yardstick.machines import MACHINES
from gapprof.yardstick.node import Shape
from gapprof.yardstick.program import Program
from gapprof.yardstick.wish import Effort, Wanted

_NET_S = 10.0
_COMPILED_MS = 100.0
"""Of warming up, by all of a batch in turns: by then the engine has compiled each of them."""
_PROGRAM = "model"
T = TypeVar("T")
Samples = tuple[tuple[float, ...], ...]
"""Of each candidate, in µs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A loop nest for one of the targets."""

    target: str
    wanted: Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A program's times and what it left."""

    samples_us: tuple[float, ...]
    """With what is copied in and out, as a session's runs."""
    copies_us: tuple[float, ...]
    """That alone."""
    outputs: Mapping[str, NDArray[np.float32]]
    browser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where twins are timed: a quiet page as the job describes it."""

    job: Job
    equipment: Equipment
    memory: Memory

    def run(self, program: Program, effort: Effort, *, deadline_s: float) -> Ran:
        """The whole model in a fresh browser. Raises EnvironmentUnusable."""
        code = base64.b64encode(program_module(program.kernels, program.calls, _PROGRAM)).decode()

        async def ran(visit: Visit, browser: str) -> Ran:
            taken = _stretches(program.outputs)
            task = KernelsTask(
                memory_bytes=program.memory_bytes,
                image_url=f"{visit.serving.base}inputs.bin",
                seed=0,
                data=(),
                cases=(
                    KernelCase(
                        module=code,
                        export=repeated(_PROGRAM),
                        calls=((),),
                        samples=effort.samples,
                        given=_stretches(program.inputs),
                        taken=taken,
                    ),
                ),
                warmup_ms=effort.warmup_ms,
                sample_ms=effort.sample_ms,
                shown=taken,
            )
            answer = await visit.ask(task, KernelsTimed, most_s=deadline_s)
            shown = (np.frombuffer(base64.b64decode(one.base64), np.float32) for one in answer.shown)
            return Ran(
                samples_us=answer.samples_us[0],
                copies_us=answer.copies_us[0],
                outputs={
                    name: array.reshape(shape)
                    for (name, (_, shape)), array in zip(program.outputs.items(), shown, strict=True)
                },
                browser=browser,
            )

        return self._visited(ran, inputs=program.image, deadline_s=deadline_s)

    def timed(
        self, candidates: Sequence[Candidate], effort: Effort, *, threads: int, seed: int, deadline_s: float
    ) -> tuple[Samples, str]:
        """What each candidate took, all of them in rounds, and the browser.

        With more threads each runs the same nest on a memory of its own; a sample is what one of them took.

        Raises EnvironmentUnusable: a browser that runs no wasm of ours is no yardstick.
        """

        async def all_of_them(visit: Visit, browser: str) -> tuple[Samples, str]:
            return await self._batch(visit, candidates, effort, threads, seed, deadline_s), browser

        return self._visited(all_of_them, inputs=b"", deadline_s=deadline_s)

    def tuned(
        self,
        batches: Sequence[Sequence[Candidate]],
        effort: Effort,
        tell: Callable[[Sequence[Candidate], Samples], None],
        *,
        seed: int,
        budget_s: float,
        deadline_s: float,
    ) -> str:
        """Each batch in rounds of its own, told as soon as it is timed; gives the browser.

        As many as the time suffices for, which the browser's launch is a part of: a batch begins only where
        as much is left as the longest one before it took. Raises EnvironmentUnusable.
        """
        until = time.monotonic() + budget_s

        async def in_time(visit: Visit, browser: str) -> str:
            longest_s = 0.0
            for batch in batches:
                began = time.monotonic()
                if began + longest_s > until:
                    break
                tell(batch, await self._batch(visit, batch, effort, 1, seed, deadline_s))
                longest_s = max(longest_s, time.monotonic() - began)
            return browser

        return self._visited(in_time, inputs=b"", deadline_s=deadline_s)

    def _visited(
        self, carry_out: Callable[[Visit, str], Awaitable[T]], *, inputs: bytes, deadline_s: float
    ) -> T:
        """What is done in a fresh page, which is told the browser's name. Raises EnvironmentUnusable."""
        course = Course(until=time.monotonic() + deadline_s)

        async def whole() -> T:
            async with asyncio.timeout(deadline_s + _NET_S):
                equipment = self.equipment
                async with visiting(
                    self.job, equipment, course, dist=equipment.probes, inputs=inputs
                ) as visit:
                    browser = await visit.page.evaluate("navigator.userAgent", deadline_s=course.left_s(10.0))
                    return await carry_out(visit, browser)

        try:
            return blocking.run(whole)
        except (VisitError, CallError, TimeoutError, OSError) as error:
            raise EnvironmentUnusable(
                f"twin kernels could not be timed in the browser: {error or type(error).__name__}",
                hint="Run `gapprof doctor`.",
            ) from error

    async def _batch(
        self, visit: Visit, batch: Sequence[Candidate], effort: Effort, threads: int, seed: int, most_s: float
    ) -> Samples:
        task = KernelsTask(
            memory_bytes=self.memory.size_bytes,
            seed=seed,
            data=(),
            cases=tuple(self._case(one, effort) for one in batch),
            threads=threads,
            warmup_ms=max(effort.warmup_ms, _COMPILED_MS / len(batch)),
            sample_ms=effort.sample_ms,
            given_up=effort.given_up,
            shown=(),
        )
        return (await visit.ask(task, KernelsTimed, most_s=most_s)).samples_us

    def _case(self, one: Candidate, effort: Effort) -> KernelCase:
        kernel = one.wanted.kernel(MACHINES[one.target])
        return KernelCase(
            module=base64.b64encode(module([kernel])).decode(),
            export=repeated(kernel.name),
            calls=one.wanted.calls(self.memory),
            samples=effort.samples,
            rivals=1 + list(MACHINES).index(one.target),
        )


def _stretches(places: Mapping[str, tuple[int, Shape]]) -> tuple[tuple[int, int], ...]:
    """Offset and bytes of each."""
    return tuple((offset, F32 * math.prod(shape)) for offset, shape in places.values())
