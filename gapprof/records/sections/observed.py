"""What a page does by itself, and where a latency could come from. Parts of the report."""

from typing import Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate


class SessionOptionRow(Struct, frozen=True, kw_only=True):
    """A session option that the page's session was made with, by onnxruntime-web's own name."""

    name: str
    value: str
    default: str
    """What onnxruntime-web takes where nobody says; empty: nothing."""
    fed: bool
    """Whether the web rungs that open the file as it is have the same, by default or because it was fed."""
    why_not: str = ""


class MainThreadUse(Struct, frozen=True, kw_only=True):
    """What the page's main thread did from the end of the first run to that of the last, in shares of 1."""

    over_ms: float
    """How long that was looked at."""
    busy: float
    runs: float | None
    """Of all time, running models; null where runs wait there for a GPU, which is no work of that thread."""
    own: float | None
    """Of all time, busy with all else: what the page does, and the library's own JavaScript around runs."""
    styles: float
    """Of all time, computing style and layout."""


class ObservedPage(Struct, frozen=True, kw_only=True):
    """What the page did with onnxruntime-web by itself: the ladder is about the model that it ran."""

    url: str
    watched_s: float
    isolated: bool
    where: str
    """`main` or `worker`: where it ran the model."""
    version: str
    """Of onnxruntime-web, as its wasm says; empty where none was recognised."""
    wasm_url: str
    wasm_sha256: str
    simd: bool | None
    shared_memory: bool
    """Of the library's own wasm instance; in older recordings, of any memory of the page."""
    threads: int | None
    """That the library was started with."""
    threads_asked: int | None
    """What the page set; None: it left that to onnxruntime-web's own rule."""
    threads_by: tuple[str, ...]
    """Who set it: the stack, innermost first."""
    workers: int
    """That the page started, threads of the library among them."""
    model_url: str
    """Empty where no fetched file has the model's size."""
    model_sha256: str
    model_bytes: int
    optimisation: str
    """Graph optimisation level of the session."""
    providers: tuple[str, ...]
    """Execution providers beside wasm's own."""
    fed: bool
    """Whether the ladder ran on the page's own inputs."""
    create_ms: float
    first_run_ms: float | None
    run_ms: float | None
    """The median of the later runs, inside the library."""
    run_low_ms: float | None
    run_high_ms: float | None
    """Their quartiles."""
    runs: int
    failed_runs: int
    sessions: int
    """Of all models; the one that took most of the time is told of."""
    times_deployed: Estimate | None
    """The later runs over those of the same model in a loop on a quiet page, in the same place and with the
    same threads."""
    troubles: tuple[str, ...]
    build: str = ""
    """Of onnxruntime-web: `plain`, `jsep`, `asyncify`, `jspi`. Since 1.9."""
    known_by: Literal["", "hash", "texts"] = ""
    """How version and build are known: the file is one that gapprof has, or by the texts in it. Since 1.9."""
    session_options: tuple[SessionOptionRow, ...] = ()
    """All that it was made with; empty where nobody heard them. Since 1.9."""
    main_thread: MainThreadUse | None = None
    """Null where runs were too few or too quick to look between them. Since 1.14, as all below."""
    pause_ms: float | None = None
    """From a run's end to the next one's begin, the median; null where there are too few."""
    pause_high_ms: float | None = None
    """One pause in twenty is longer."""
    bound: bool = False
    """Whether its runs leave their outputs on a GPU: they end when their work is submitted."""
    thread_workers: int | None = None
    """Workers that the library started for its threads; null where they cannot be told from others."""


class Reproduced(Struct, frozen=True, kw_only=True):
    """A combination of conditions, and whether it gives what was seen."""

    conditions: tuple[str, ...]
    """Empty: as deployed, warm."""
    ms: Estimate
    times: float
    """What was seen over `ms`."""
    verdict: Literal["holds", "no", "unclear"]
    """`holds`: what was seen is within 5 % of `ms`, or in its interval. `unclear`: that is too wide."""
    measured_ms: Estimate | None = None
    """With all conditions at once, in rounds of its own beside the page as deployed; None: not measured, or
    a single condition, whose `ms` is. Since 1.9, as all below."""
    measured_times: float | None = None
    """What was seen over `measured_ms`."""
    measured_verdict: Literal["", "holds", "no", "unclear"] = ""
    """Of what was measured; empty: nothing was."""
    why_not_measured: str = ""
    """Of the combination that was to be measured."""


class Reproduction(Struct, frozen=True, kw_only=True):
    """Under which conditions the latency comes about that a user saw (`--observed-ms`)."""

    observed_ms: float
    rows: tuple[Reproduced, ...]
    """As deployed, each condition alone, and combinations that hold where none of these does, else the
    nearest one."""
    not_measured: tuple[str, ...]
    """Conditions that this run says nothing about."""
