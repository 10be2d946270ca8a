"""What `gapprof study` writes: one row a model, every table's figures in it."""

from typing import Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate
from gapprof.records.recording import MachineFacts

SCHEMA = "gapprof/study"
SCHEMA_VERSION = "1.0"


class CellFigure(Struct, frozen=True, kw_only=True):
    """One cell of the lattice."""

    cell: str
    """`web-2t-worker-1.18-scalar`, ..."""
    run_ms: Estimate | None
    why: str = ""
    """Why there is no figure."""


class Stages(Struct, frozen=True, kw_only=True):
    """Wang et al.'s stages, ms; medians of starts from cold caches, without the page's loading and the
    process's own start."""

    setup_ms: float | None
    """Everything until there is a session: the library and the model fetched and loaded, too."""
    warmup_ms: float | None
    """The first run."""
    prediction_ms: Estimate | None
    """Runs back to back: the page as deployed, and native with every core."""


class KernelShare(Struct, frozen=True, kw_only=True):
    """A kind of operator."""

    op_type: str
    share_of_web: float


class StudiedModel(Struct, frozen=True, kw_only=True):
    """One model; what is null was not measured, and `why` or its cell says why."""

    model: str
    stem: str
    """Of its files' names."""
    paper_class: str
    """As Wang et al. (2025) name it; empty for one that they have not."""
    status: str
    """Of its own report; empty where it has none."""
    status_why: str = ""
    browser: str = ""
    cells: tuple[CellFigure, ...] = ()
    native: Stages | None = None
    web: Stages | None = None
    gap_one_thread: Estimate | None = None
    """Runs back to back in a worker, against native with as many threads ..."""
    gap_every_core: Estimate | None = None
    gap_deployed: Estimate | None = None
    """... and of its own report, from request to result: the page as deployed against native as it comes."""
    threads_gain: Estimate | None = None
    """onnxruntime-web 1.18 without SIMD, every core against one thread."""
    simd_gain: Estimate | None = None
    both_gain: Estimate | None = None
    interaction: Estimate | None = None
    """`both_gain` over the product of the two."""
    main_times: Estimate | None = None
    """The main thread over a worker, one thread."""
    kernels: tuple[KernelShare, ...] = ()
    """The largest ones, of all operators' time in the browser."""
    memory_times: float | None = None
    """Held after many runs and a collection, over the file: in the browser ..."""
    memory_peak_times: float | None = None
    native_memory_times: float | None = None
    component_main_times: Estimate | None = None
    """Times of an interface's components with the model on the main thread, over those at rest ..."""
    component_worker_times: Estimate | None = None
    frames_main_times: Estimate | None = None
    """... and the 95th percentile between frames."""
    frames_worker_times: Estimate | None = None
    predictions_per_s: Estimate | None = None
    """Of one page as deployed ..."""
    native_predictions_per_s: Estimate | None = None
    """... and of a native process that answers on every core at once."""
    clients_per_server: Estimate | None = None
    """The one over the other: as many such pages do the work of one such server."""
    why: str = ""


class Study(Struct, frozen=True, kw_only=True):
    """All models of one folder, measured on one machine."""

    schema: str = SCHEMA
    schema_version: str = SCHEMA_VERSION
    gapprof_version: str
    machine: MachineFacts | None
    cores: int
    browsers: tuple[str, ...]
    """That the models were seen in."""
    models: tuple[StudiedModel, ...]
    state: Literal["whole", "stopped"] = "whole"
    """`stopped`: some models are still to come."""
