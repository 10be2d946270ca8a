"""What `gapprof study` writes: one row a model, every table's figures in it."""

from typing import Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate
from gapprof.records.recording import MachineFacts

SCHEMA = "gapprof/study"
SCHEMA_VERSION = "1.3"


class CellFigure(Struct, frozen=True, kw_only=True):
    """One cell of the lattice."""

    cell: str
    """`web-2t-worker-1.18-scalar`, ..."""
    run_ms: Estimate | None
    """Runs back to back: the geometric mean over rounds of what a visit's samples have as their median."""
    why: str = ""
    """Why there is no figure."""
    side: Literal["native", "web", ""] = ""
    """Since 1.1, as all below; then the cell's name says it."""
    threads: int = 0
    where: str = ""
    isolated: bool | None = None
    build: str = ""
    outputs: Literal["agree", "differ", "not-compared"] = "not-compared"
    """What it computes, against the reference of the ladder. Cells that differ have no figure."""


class Stages(Struct, frozen=True, kw_only=True):
    """Wang et al.'s stages, ms; the first ones are means over starts with nothing in any cache, without the
    page's loading and the process's own start."""

    setup_ms: float | None
    """From the library's being there until there is a session: in the browser the model's file and the
    library's wasm are fetched within it. Before 1.1 with `library_ms`."""
    warmup_ms: float | None
    """The first run."""
    prediction_ms: Estimate | None
    """A cell's figure: the page as deployed, and native with every core."""
    library_ms: float | None = None
    """In the browser the library's script, natively Python's import of onnxruntime. Since 1.1."""


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
    gapprof_version: str = ""
    """That measured it. Since 1.1."""
    recording_version: str = ""
    """Of its recording's form: what older ones lack, their rows lack as well. Since 1.2."""
    failed_checks: tuple[str, ...] = ()
    """Of its own report, what was found of what should have held. Since 1.2."""
    cells: tuple[CellFigure, ...] = ()
    native: Stages | None = None
    web: Stages | None = None
    native_as_many_threads_ms: Estimate | None = None
    """Native's cell with as many threads as the page as deployed has. Since 1.1."""
    gap_one_thread: Estimate | None = None
    """Cells in a worker, against native's with as many threads ..."""
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
    """The largest ones, of all operators' time in the browser; copies and dispatch are in no share."""
    memory_times: float | None = None
    """Beyond an empty page or a bare process, over the file, medians of visits, without pages of files. Held
    after many runs and a collection: by all of the browser's processes, ..."""
    memory_page_times: float | None = None
    """... by the page's own, ... Since 1.1."""
    memory_peak_times: float | None = None
    """... and the most that this one ever held, see `Memory.peak_held_bytes`. Before 1.1 pages of files were
    among it."""
    native_memory_times: float | None = None
    native_memory_peak_times: float | None = None
    """Since 1.1, as all below but where it says otherwise."""
    component_main_times: Estimate | None = None
    """Times of an interface's components with the model on the main thread, over those at rest ... Always
    there, as those until `clients_per_server`."""
    component_worker_times: Estimate | None = None
    worker_times: dict[str, Estimate] = {}
    """With the model in a worker, each kind of component, clicks and steps by themselves: id of a report's
    `qoe.rows` → times what it is at rest. Since 1.3."""
    frames_main_times: Estimate | None = None
    """... and the 95th percentile between frames."""
    frames_worker_times: Estimate | None = None
    predictions_per_s: Estimate | None = None
    """Of one page as deployed ..."""
    native_predictions_per_s: Estimate | None = None
    """... and of a native process that answers on every core at once."""
    clients_per_server: Estimate | None = None
    """The one over the other: as many such pages do the work of one such server."""
    rounds: int = 0
    """Of the lattice, as planned."""
    visits: int = 0
    """Of the lattice's cells and of the server, that count ..."""
    disturbed_visits: int = 0
    """... and during which others used the machine."""
    missing: dict[str, str] = {}
    """Table → why this model has no figure there: `stages`, `gap`, `lattice`, `operators`, `memory`, `felt`,
    `clients`."""
    why: str = ""
    """Why there is no row at all. Always there."""

    @property
    def never_compared(self) -> int:
        """Cells with a figure that nothing stands behind: of older recordings, or without a reference."""
        return sum(one.run_ms is not None and one.outputs == "not-compared" for one in self.cells)


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
