"""Ways to run a model that are no steps of the ladder, and what visits of them brought back. Raw."""

from typing import Literal

from msgspec import Struct

from gapprof.records.trial import Failure, Load, OutputCheck, Trial

Place = Literal["process", "main", "worker", "proxy"]
Spinning = Literal["default", "on", "off"]


class Cell(Struct, frozen=True, kw_only=True):
    """A point of a lattice: the page as deployed, or native as it comes, but for what it says."""

    side: Literal["native", "web"]
    threads: int
    """That are asked for."""
    where: Place = "process"
    """`proxy`: called on the main thread, run in onnxruntime-web's own worker. `process`: natively."""
    isolated: bool | None = None
    """Whether the page is served with COOP and COEP; None natively."""
    spinning: Spinning = "default"
    """`session.intra_op.allow_spinning`; `default`: nobody says."""
    build: str = ""
    """Of onnxruntime-web, in a setting's words; empty natively."""
    page: str = ""
    """A built-in page in place of the user's; empty: the page as deployed, or natively."""
    js_flags: tuple[str, ...] = ()
    """V8 flags beside those of the page as deployed."""
    debugger: bool = False
    """On in the page and in all of its workers, as an open DevTools has it. Since 1.13."""


class PlannedCell(Struct, frozen=True, kw_only=True):
    """A cell that is to be visited, or the reason why it cannot be."""

    cell: Cell
    refusal: str = ""


class LatticePlan(Struct, frozen=True, kw_only=True, tag="lattice", tag_field="entry"):
    """All cells of one study, each once."""

    study: str
    """Who asked: `scaling`, ..."""
    cores: int
    """Usable ones."""
    deployed: Cell
    """The page as deployed."""
    cells: tuple[PlannedCell, ...]
    rounds: int
    """To explore in."""
    reference: str = ""
    """The rung whose outputs those of every cell are compared with before its times count. Empty in
    recordings before 1.7, and where no rung left any: then nothing is compared."""


Kind = Literal["explore", "verify"]


class CellVisit(Struct, frozen=True, kw_only=True, tag="cell", tag_field="entry"):
    """One fresh process, or fresh browser, in one cell."""

    study: str
    cell: Cell
    round: int
    """Counted within the study."""
    kind: Kind
    """`explore`: one of many, from which a choice is made. `verify`: after the choice, of two."""
    attempt: int = 0
    outcome: Trial | Failure
    """Its rung is the one that the cell departs from."""


class CellOutputs(Struct, frozen=True, kw_only=True, tag="cell-outputs", tag_field="entry"):
    """What a cell computed in the first visit that came so far, against the plan's reference. Since 1.7."""

    study: str
    cell: Cell
    checks: tuple[OutputCheck, ...]
    """One for each output; their rung is the cell's name."""


class Combination(Struct, frozen=True, kw_only=True, tag="combination", tag_field="entry"):
    """Conditions that, by their factors, together give a latency that somebody saw: made all at once.

    Its visits are `CellVisit`s of the study `reproduction`, all of them to verify.
    """

    conditions: tuple[str, ...]
    """By their ids; `cold` and `creation` are no matter of the cell: every visit begins with them."""
    deployed: Cell
    together: Cell
    rounds: int
    refusal: str = ""
    """Why it cannot be visited."""


class Served(Struct, frozen=True, kw_only=True, tag="served", tag_field="entry"):
    """A fresh native process that answers on every core at once: a thread a run, as many callers as cores."""

    round: int
    """Of the lattice: the server is visited among its cells. Before 1.7 in rounds of its own."""
    callers: int
    runs_per_s: float
    """Of all callers together."""
    attempt: int = 0
    started_s: float = 0.0
    ended_s: float = 0.0
    load: Load | None = None
    """While it ran. Since 1.7."""
    struck: tuple[str, ...] = ()
    """Why this visit does not count; empty: it counts."""
