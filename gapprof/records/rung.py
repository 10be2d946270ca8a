"""A rung: one environment, the one thing it changes against its parent, and what a run makes of it."""

from typing import Literal

from msgspec import Struct

from gapprof.records.environment import Environment

Pass = Literal["profile", "trace"]


class Told(Struct, frozen=True, kw_only=True):
    """How a side rung speaks as evidence: words that a factor completes."""

    words: str
    """`V8's baseline tier alone would cost` 2.9x."""
    inverse: bool = False
    """The factor is that of the parent over the rung: what the parent's own way costs."""


class Rung(Struct, frozen=True, kw_only=True):
    """One step of the ladder, as pure data.

    `role` is `main` for the chain from `native` to `web`, `square` for the corner of the
    layout x instructions square that the chain goes around, `side` for evidence and what-ifs.
    """

    id: str
    title: str
    environment: Environment
    derived_from: str | None = None
    changes: str | None = None
    role: Literal["main", "square", "side"] = "side"
    passes: tuple[Pass, ...] = ()
    """Passes of its own beside the timed visits."""
    visited: Literal["always", "if-wanted", "if-affordable", "to-verify", "to-reproduce"] = "if-affordable"
    """Side rungs: in the last three rounds of the first stage, whatever `--rungs` says or unless it says
    otherwise; after everything else while money lasts; or only with `--verify` or `--observed-ms`, or where
    `--rungs` asks for them. Main rungs: in every round."""
    visits: int = 1
    """Fresh processes per round, whose geometric mean is the round's figure: more than one where a launch
    costs little and has much luck of its own (natively 2 to 7 %, with 1 % inside a launch)."""
    informs: str = ""
    """Side rungs: the cause it is evidence for; the largest causes get their side rungs first."""
    told: Told | None = None
    """Side rungs: the evidence that its step from the parent makes."""
    may_begin: bool = False
    """Main rungs: the chain begins here where all before it are refused or, of those that may begin as well,
    failed in every round; else it begins with the first or there is no gap to take apart."""
    takes_away: str = ""
    """Native rungs under an instruction ceiling: what the next wider one still has."""
