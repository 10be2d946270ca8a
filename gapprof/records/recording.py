"""Everything measured, raw: a file of JSON lines that grows as the run goes; all analysis comes from it."""

from collections.abc import Iterator
from typing import TypeVar

from msgspec import Struct, field

from gapprof.records.calls import NativePlacement, RecordedCalls
from gapprof.records.cold import Creations, Start
from gapprof.records.crossing import TracedCrossing
from gapprof.records.dispatches import TimedDispatches
from gapprof.records.environment import Setting
from gapprof.records.gpu_kernels import GpuKernelPlan, GpuKernelTrial, LibraryDispatches
from gapprof.records.inside import HookedPass, WasmBuild, WasmSamples
from gapprof.records.job import Pace
from gapprof.records.lattice import CellOutputs, CellVisit, Combination, LatticePlan, Served
from gapprof.records.memory import MemoryTrial
from gapprof.records.model import ModelFacts
from gapprof.records.observed import PageObserved
from gapprof.records.parting import Parting
from gapprof.records.qoe import FeltTrial, StreamAnswered
from gapprof.records.rung import Rung
from gapprof.records.settings import Settings
from gapprof.records.transplant import TransplantPlan, TransplantTrial
from gapprof.records.trial import Failure, OutputCheck, Profile, Seen, Trace, Trial
from gapprof.records.twins import TwinPlan, TwinRun, TwinTrial

T = TypeVar("T")

SCHEMA = "gapprof/recording"
SCHEMA_VERSION = "1.19"


def recorded_before(version: str, form: str) -> bool:
    """Whether a recording's schema version is an older one than `form`; none at all is not."""
    return bool(version) and numbered(version) < numbered(form)


def numbered(version: str) -> tuple[int, ...]:
    """`1.10` comes after `1.9`."""
    return tuple(map(int, version.split(".")))


class MachineFacts(Struct, frozen=True, kw_only=True):
    """The machine without host, user or path."""

    system: str
    """`Linux`, `Darwin`, `Windows`."""
    architecture: str
    """`x86_64`, `arm64`, ..."""
    cpu: str
    logical_cores: int
    usable_cores: int
    """After affinity and cgroup quota."""
    memory_bytes: int
    cpu_flags: tuple[str, ...]
    kernel: str
    python: str
    load_1m: float | None = None
    hypervisor: bool | None = None


class PlannedRung(Struct, frozen=True, kw_only=True):
    """A rung as this run resolved it: measured, an alias of its parent, or refused."""

    rung: Rung
    setting: Setting | None
    alias_of: str | None = None
    """The rung whose trials it shares, because nothing differs."""
    refusal: str | None = None
    """Why this machine cannot give it."""
    planned: bool = True
    """False: possible, but this run was not asked for it."""


class Begin(Struct, frozen=True, kw_only=True, tag="begin", tag_field="entry"):
    """The first line: what was asked for, on what."""

    schema: str = SCHEMA
    schema_version: str = SCHEMA_VERSION
    gapprof_version: str
    argv: tuple[str, ...]
    began_utc: str
    settings: Settings
    machine: MachineFacts
    model: ModelFacts


class Preflight(Struct, frozen=True, kw_only=True, tag="preflight", tag_field="entry"):
    """What the first visit found, and the ladder that follows from it."""

    page_threads: int
    page_seen: Seen | None
    native_seen: Seen | None
    pace: Pace
    ladder: tuple[PlannedRung, ...]
    estimated_isa_ratio: float | None = None
    """Where no ceiling works: 128-bit over full-width GEMM time on this CPU (OpenBLAS cores), measured."""
    estimated_isa_by_round: tuple[float, ...] = ()
    """The same from each round of the estimate alone: how far they differ is what nobody knows better."""
    estimated_isa_why: str = ""
    expected_trial_s: dict[str, float] = {}


class Sampled(Struct, frozen=True, kw_only=True, tag="sampled", tag_field="entry"):
    """The decision of the two-stage sampling, taken once."""

    rounds: int
    """Main rounds fixed for the whole run."""
    limited_by: str
    """`precision` or `budget`."""
    wanted_rounds: int


class RoundStarted(Struct, frozen=True, kw_only=True, tag="round", tag_field="entry"):
    """A shuffled visit order."""

    round: int
    kind: str
    """`main` or `side`."""
    order: tuple[str, ...]
    at_s: float


class Note(Struct, frozen=True, kw_only=True, tag="note", tag_field="entry"):
    """A warning worth keeping: what it concerns and what was seen."""

    at_s: float
    concerns: str
    text: str


class End(Struct, frozen=True, kw_only=True, tag="end", tag_field="entry"):
    """The last line. A recording without it was cut off; what it holds still counts."""

    at_s: float
    reason: str
    """`finished`, `interrupted`, `failed`."""
    text: str = ""


Entry = (
    Begin
    | Preflight
    | RoundStarted
    | Trial
    | Failure
    | Profile
    | Trace
    | OutputCheck
    | Sampled
    | TwinPlan
    | TwinTrial
    | TwinRun
    | TransplantPlan
    | TransplantTrial
    | WasmBuild
    | WasmSamples
    | HookedPass
    | PageObserved
    | FeltTrial
    | StreamAnswered
    | MemoryTrial
    | Start
    | Creations
    | LatticePlan
    | Combination
    | CellVisit
    | CellOutputs
    | Served
    | RecordedCalls
    | NativePlacement
    | TimedDispatches
    | TracedCrossing
    | Parting
    | GpuKernelPlan
    | GpuKernelTrial
    | LibraryDispatches
    | Note
    | End
)


class Recording(Struct, frozen=True, kw_only=True):
    """The entries in the order in which they were written."""

    begin: Begin
    entries: tuple[Entry, ...] = field(default=())

    def of(self, kind: type[T]) -> Iterator[T]:
        """Entries of one kind, in order."""
        return (entry for entry in self.entries if isinstance(entry, kind))

    @property
    def preflight(self) -> Preflight | None:
        """The ladder of this run, once it was known."""
        return next(self.of(Preflight), None)

    @property
    def end(self) -> End | None:
        """How the run ended; None when it was cut off."""
        return next(self.of(End), None)
