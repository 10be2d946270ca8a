"""What a page was seen to do with onnxruntime-web by itself. Raw; of bytes the hash is kept."""

from typing import Literal

from msgspec import Struct


class ObservedWasm(Struct, frozen=True, kw_only=True):
    """A WebAssembly module that the page compiled."""

    url: str
    """Where it was fetched from; empty where it came as bytes."""
    size_bytes: int
    sha256: str
    version: str
    """Of onnxruntime, as it stands in the module; empty for any other module."""
    simd: bool | None
    """Whether it holds 128-bit vectors; None for what is no module."""
    build: str = ""
    """Of onnxruntime-web: `plain`, `jsep`, `asyncify`, `jspi`; empty for any other module."""
    known_by: Literal["", "hash", "texts"] = ""
    """How version and build are known: the file is one that gapprof has, or the texts in it say so."""


class ObservedMemory(Struct, frozen=True, kw_only=True):
    """A WebAssembly memory that the page asked for, in pages of 64 KiB."""

    initial: int
    maximum: int
    shared: bool


class ObservedSetting(Struct, frozen=True, kw_only=True):
    """A value that somebody gave to `ort.env.wasm`."""

    name: str
    value: str
    by: tuple[str, ...]
    """The stack, innermost first."""


class ObservedWorker(Struct, frozen=True, kw_only=True):
    """A worker that the page started."""

    url: str
    name: str
    by: tuple[str, ...]


class ObservedFile(Struct, frozen=True, kw_only=True):
    """A file of a model, or a wasm, that the page fetched."""

    url: str
    status: int
    size_bytes: int
    """As the server said; 0: it did not."""


class ObservedInput(Struct, frozen=True, kw_only=True):
    """An input of the first run of a session."""

    name: str
    dtype: str
    """numpy's name; empty for one that has none."""
    dims: tuple[int, ...]
    kept: bool
    """Whether its values are known, and the ladder was fed with them."""


class ObservedOption(Struct, frozen=True, kw_only=True):
    """A session option, by the name that onnxruntime-web has for it."""

    name: str
    """`graphOptimizationLevel`, ..., `freeDimensionOverrides.NAME`, `executionProviders.NAME.KEY`, and names
    of onnxruntime's own session configuration, such as `session.intra_op.allow_spinning`."""
    value: str


class ObservedSession(Struct, frozen=True, kw_only=True):
    """A session of onnxruntime-web, and what became of it."""

    where: str
    """`main` or `worker`."""
    sha256: str
    """Of the model as the library got it; empty for sessions that were not chosen."""
    size_bytes: int
    url: str
    """Of the fetched file of that size; empty where there was none."""
    external: tuple[str, ...]
    """Files of external data."""
    optimisation: int | None
    """onnxruntime's `GraphOptimizationLevel`: 0 disabled, 1 basic, 2 extended, 3 layout, 99 all."""
    providers: tuple[str, ...]
    """Execution providers beside wasm's own."""
    create_ms: float
    inputs: tuple[ObservedInput, ...]
    runs_ms: tuple[float, ...]
    """Inside the library, in order; the first is cold. Runs that failed are not among them."""
    failed_runs: int
    by: tuple[str, ...]
    """Who created it."""
    options: tuple[ObservedOption, ...] = ()
    """All that it was made with, defaults too; empty where nobody heard them."""
    shared_memory: bool | None = None
    """Whether the memory of the library that made it is shared; None: it could not be told."""
    runs_began_ms: tuple[float, ...] = ()
    """When each of `runs_ms` began, since the first did. Since 1.11, as all below."""
    bound: bool = False
    """Whether its runs leave their outputs on a GPU: they end when their work is submitted."""
    thread_workers: int | None = None
    """Workers that the library started for its threads where it made the session; None: they cannot be told
    from others."""


class ObservedStretch(Struct, frozen=True, kw_only=True):
    """The page's main thread while the chosen session ran, from its first run's end on."""

    over_ms: float
    tasks_ms: float
    """Of it, inside tasks of any kind, wall time; answering gapprof is none."""
    styles_ms: float
    """Of `tasks_ms`: computing style and layout."""
    runs_ms: float | None
    """Of `tasks_ms`: inside the library, running models; None where runs wait there for a GPU."""


class PageObserved(Struct, frozen=True, kw_only=True, tag="page-observed", tag_field="entry"):
    """All of it."""

    url: str
    watched_s: float
    isolated: bool
    """Whether the page is cross-origin isolated."""
    browser: str
    wasm: tuple[ObservedWasm, ...]
    memories: tuple[ObservedMemory, ...]
    settings: tuple[ObservedSetting, ...]
    workers: tuple[ObservedWorker, ...]
    files: tuple[ObservedFile, ...]
    threads: int | None
    """That the library was started with; None where nobody heard it start."""
    sessions: tuple[ObservedSession, ...]
    chosen: int
    """Which of them took most of the time: the ladder is about its model."""
    troubles: tuple[str, ...] = ()
    """What went wrong while listening."""
    main_thread: ObservedStretch | None = None
    """None: runs were too few or too quick to look between them. Since 1.11."""

    @property
    def asked_threads(self) -> int | None:
        """What the page set; None: it left that to onnxruntime-web's own rule."""
        numbers = [int(one.value) for one in self.pins if one.value.isdecimal() and int(one.value) > 0]
        return numbers[-1] if numbers else None

    @property
    def pins(self) -> tuple[ObservedSetting, ...]:
        """Numbers of threads that the page set.

        onnxruntime-web sets one as well while it initialises its backend, where it also sets `initTimeout`:
        its functions are minified, but the calls that lead to both are the same.
        """
        own = {frame for one in self.settings if one.name == "initTimeout" for frame in one.by[1:]}
        asked = [one for one in self.settings if one.name == "numThreads"]
        return tuple(one for one in asked if not own & set(one.by[1:]))

    @property
    def session(self) -> ObservedSession:
        """The chosen one."""
        return self.sessions[self.chosen]
