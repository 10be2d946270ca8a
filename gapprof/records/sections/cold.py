"""The way to a first result. A part of the report."""

from typing import Literal

from msgspec import Struct


class ColdRow(Struct, frozen=True, kw_only=True):
    """One stage of the start-up, median over trials; None where that side has no such stage."""

    stage: str
    native_ms: float | None
    web_ms: float | None
    why: str = ""
    """Of what is null here."""


class ColdStage(Struct, frozen=True, kw_only=True):
    """One stage of the way to a first result, means; it begins where the one before it ended."""

    stage: str
    """See `gapprof.records.cold`."""
    title: str
    web_ms: float | None
    native_ms: float | None
    compile_share: float | None = None
    """Of `web_ms`: compiling wasm functions when they are first called, from traced starts."""
    native_read_bytes: float | None = None
    """From the disk; null where the system does not say.."""
    native_kept_share: float | None = None
    """Of the files that it reads natively, what was in memory though the system was asked to forget it; null
    where it was not asked, or does not say."""
    why: str = ""
    """Of the times that are null here."""


class CompilerRow(Struct, frozen=True, kw_only=True):
    """What one of V8's compilers does on one kind of thread until runs are steady; means of traced starts."""

    compiler: Literal["lazy", "baseline", "optimising"]
    """`lazy`: all that a first call of a function waits for, its `baseline` included."""
    thread: str
    functions: float
    compile_ms: float
    lazy_ms: float
    """Of that, within `lazy`."""


class GpuStage(Struct, frozen=True, kw_only=True):
    """What one stage of a start made on the GPU, and waited for, means. It is a part of the stage's time."""

    stage: str
    title: str
    shaders: float
    """Shader modules, ..."""
    shaders_ms: float
    """... inside the page's calls that make them."""
    pipelines: float
    pipelines_ms: float
    """In which at least one was asked for and not ready: compiling, mostly."""
    submits: float
    waits_ms: float
    """For the GPU: what it compiles when it is used first, and what it computes. May overlap with
    `pipelines_ms`: the two are never added."""


class ColdStart(Struct, frozen=True, kw_only=True):
    """The way to a first result: with nothing in any cache (`cold`), with all that was fetched (`warm`: the
    HTTP cache), or with compiled code as well (`code-cached`: the code cache, too); on a GPU with what the
    browser has left of shaders and pipelines in its place (`gpu-cached`)."""

    cache: Literal["cold", "warm", "code-cached", "gpu-cached"]
    rows: tuple[ColdStage, ...]
    web_ms: float | None
    """All stages together."""
    native_ms: float | None
    fetched_bytes: float | None
    """Over the network, ..."""
    cached_bytes: float | None
    """... and out of the browser's cache."""
    code_cached: bool | None
    """Whether compiled code came out of the code cache; null where no start was traced."""
    compiled_functions: float | None
    """When they were first called."""
    optimised_ms: float | None
    """V8's optimising tier on its own threads, until runs were steady."""
    web_runs_until_steady: float | None
    """After the first one."""
    web_until_steady_ms: float | None
    native_runs_until_steady: float | None
    native_until_steady_ms: float | None
    compilers: tuple[CompilerRow, ...] = ()
    """Empty where no start was traced.."""
    gpu: tuple[GpuStage, ...] = ()
    """Stages that made something on the GPU, or waited for it; empty on the processor. Since 1.12."""
    gpu_steady_waits_ms: float | None = None
    """What a run waits for the GPU once runs are steady; null on the processor. Since 1.12."""
    why: str = ""
    """Of what is null here."""


class CreationRow(Struct, frozen=True, kw_only=True):
    """One step of making a session where all code is warm: what it takes less without it."""

    step: Literal["parse", "optimise", "prepack", "rest", "whole"]
    title: str
    web_ms: float | None
    native_ms: float | None


class Cold(Struct, frozen=True, kw_only=True):
    """The start-up, never mixed with the steady gap."""

    rows: tuple[ColdRow, ...]
    """By the ladder's own trials."""
    starts: tuple[ColdStart, ...] = ()
    """Empty without `--cold`. Since 1.9, as all below."""
    creation: tuple[CreationRow, ...] = ()
    closure: float | None = None
    """Of the start whose stages' sum is furthest from what was seen from outside: their ratio."""
    observer_ratio: float | None = None
    """A traced start over one that is not."""
    code_cache: str = ""
    """How compiled code came into the code cache, or why it did not.."""
    gpu_cache: str = ""
    """What the browser had left of shaders and pipelines; empty on the processor. Since 1.12."""
    software: bool = False
    """Whether the GPU is one of software: its times show the plumbing. Since 1.12."""
    starts_counting: int = 0
    starts_disturbed: int = 0
    """Of these, other programs disturbed so many ..."""
    starts_repeated: int = 0
    """... and so many, which do not count, were made again for that."""
    why: str = "not taken apart: --cold does it"
    """Of what is null or empty here."""
