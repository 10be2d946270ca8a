"""Shaders in a page of a fresh browser: what they read, what must come out, and how long they took."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gapprof.browser.trouble import reading
from gapprof.browser.visit import Visit
from gapprof.gpu.toggles import DEFAULT, browser_args
from gapprof.gpu.visited import Gpu, empty_job, visited
from gapprof.gpu_kernels.family import F32, Choice
from gapprof.gpu_kernels.judged import most_apart
from gapprof.gpu_kernels.shapes import family_of, shape_of
from gapprof.records.gpu import Toggles
from gapprof.records.gpu_kernels import GpuChoice, GpuKernelTime, GpuKernelTrial
from gapprof.records.gpu_wire import GpuCandidate, GpuKernelsTask, GpuKernelsTimed, GpuProblem

_AROUND_S = 120.0
"""Beside the time for shaders: what they read has to come to the page, and a round is never cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long shaders are timed."""

    samples: int
    given_up: float
    """Times the fastest of a shape, above which one is timed no more; 0: none is."""
    budget_s: float
    """Of one visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What all shaders of one shape read, and what must come out."""

    data: bytes
    """Buffer after buffer, little-endian."""
    largest: float
    """Of what must come out."""


def block_of(key: str) -> Block:
    """Seeded by the shape alone, so that every visit compares the same."""
    shape = shape_of(key)
    family = family_of(shape)
    rng = np.random.default_rng(list(key.encode()))
    arrays = [
        family.operand(shape, at, rng.standard_normal(size // F32, dtype=np.float32))
        for at, size in enumerate(family.buffers(shape)[:-1])
    ]
    wanted = family.reference(shape, arrays)
    data = b"".join(np.ascontiguousarray(one, "<f4").tobytes() for one in (*arrays, wanted))
    return Block(data=data, largest=float(np.abs(wanted).max()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where shaders are run: a quiet page, with the adapter that it gets."""

    gpu: Gpu
    power: str = ""
    """`powerPreference` that the library's own request had, or the adapter may be another one."""
    browser_args: tuple[str, ...] = ()
    toggles: Toggles = DEFAULT
    """As the library's own dispatches are timed, or both would not compare."""
    blocks: dict[str, Block] = field(default_factory=dict)
    """By shape; each is made once."""

    def trial(
        self, wanted: Mapping[str, Sequence[Choice]], effort: Effort, *, number: int, seed: int
    ) -> GpuKernelTrial:
        """All choices of each shape against each other. Raises EnvironmentUnusable."""
        problems = [
            (key, [(choice, self._candidate(key, choice)) for choice in choices])
            for key, choices in wanted.items()
        ]
        return self.run(problems, effort, number=number, seed=seed)

    def run(
        self,
        problems: Sequence[tuple[str, Sequence[tuple[Choice, GpuCandidate]]]],
        effort: Effort,
        *,
        number: int,
        seed: int,
    ) -> GpuKernelTrial:
        """The same of shaders as they are given. Raises EnvironmentUnusable."""
        blocks = [self._block(key) for key, _ in problems]
        began = time.monotonic()

        async def asked(visit: Visit) -> tuple[GpuKernelsTimed, str]:
            task = GpuKernelsTask(
                problems=tuple(
                    GpuProblem(
                        data_url=visit.serving.url(_name(at)),
                        sizes=_sizes(key),
                        most_apart=most_apart(block.largest),
                        candidates=tuple(candidate for _, candidate in candidates),
                    )
                    for at, ((key, candidates), block) in enumerate(zip(problems, blocks, strict=True))
                ),
                power=self.power,
                seed=seed,
                samples=effort.samples,
                given_up=effort.given_up,
                budget_ms=effort.budget_s * 1e3,
            )
            told = await visit.ask(task, GpuKernelsTimed, most_s=effort.budget_s + _AROUND_S)
            with reading("description of itself"):
                version = await visit.page.connection.call("Browser.getVersion")
                return told, str(version["product"])

        told, product = visited(
            self.gpu,
            empty_job(browser_args=(*browser_args(self.toggles), *self.browser_args)),
            asked,
            dist=self.gpu.equipment.probes,
            blobs={_name(at): block.data for at, block in enumerate(blocks)},
        )
        return GpuKernelTrial(
            round=number,
            engine_version=product,
            adapter=told.adapter,
            times=tuple(
                GpuKernelTime(
                    shape=key,
                    choice=told_choice(choice),
                    samples_ns=timed.samples_ns,
                    compile_ms=timed.compile_ms,
                    largest=block.largest,
                    difference=timed.difference,
                    odd=timed.odd,
                    late=timed.late,
                    why=timed.why,
                )
                for (key, candidates), block, problem in zip(problems, blocks, told.problems, strict=True)
                for (choice, _), timed in zip(candidates, problem.candidates, strict=True)
            ),
            errors=told.errors,
            took_s=time.monotonic() - began,
        )

    def _candidate(self, key: str, choice: Choice) -> GpuCandidate:
        shape = shape_of(key)
        shader = family_of(shape).shader(shape, choice)
        return GpuCandidate(code=shader.code, grid=shader.grid)

    def _block(self, key: str) -> Block:
        if key not in self.blocks:
            self.blocks[key] = block_of(key)
        return self.blocks[key]


def told_choice(choice: Choice) -> GpuChoice:
    """As recordings have it."""
    return (*choice.threads, choice.rows, choice.vectors, choice.depth, choice.unroll, choice.wide)


def choice_told(told: GpuChoice) -> Choice:
    """And back."""
    across, down, rows, vectors, depth, unroll, wide = told
    return Choice(threads=(across, down), rows=rows, vectors=vectors, depth=depth, unroll=unroll, wide=wide)


def _sizes(key: str) -> tuple[int, ...]:
    shape: Any = shape_of(key)
    return family_of(shape).buffers(shape)


def _name(at: int) -> str:
    return f"shader-{at}.bin"
