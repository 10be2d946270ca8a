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
    why: str = ""
    """Of the times that are null here."""


class ColdStart(Struct, frozen=True, kw_only=True):
    """The way to a first result, with nothing in any cache (`cold`) or all that was fetched (`warm`)."""

    cache: Literal["cold", "warm"]
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
    why: str = "not taken apart: --cold does it"
    """Of what is null or empty here."""
