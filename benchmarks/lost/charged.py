"""A planted loss, and what reports with it and without it charge for it, where it belongs and elsewhere."""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from gapprof import Report
from gapprof.records.estimate import Estimate
from gapprof.records.report import CauseRow

AGREE = math.log(1.1)
"""How far two ways to one factor may be apart, as ln."""
NARROW = 0.25
"""Half the width of the interval over what was planted, both as ln: then it is known well enough."""
Outcome = Literal["rightly", "wrongly", "undecided"]


class Charged(Struct, frozen=True, kw_only=True):
    """A cause, or a part of one, in both reports; None: a report has no figure, as it costs nothing."""

    name: str
    """`runtime`, `library/graph`, ..."""
    planted: Estimate | None
    without: Estimate | None

    @property
    def gained(self) -> float:
        """ln of how many times more it is with the plant."""
        return _ln(self.planted) - _ln(self.without)


class Loss(Struct, frozen=True, kw_only=True):
    """All figures of one."""

    id: str
    what: str
    direct: Estimate
    """What was planted, by an A/B of that alone on one side, in the same rounds."""
    sides: dict[str, Estimate]
    """Where that is a difference of two sides: the same on each of them."""
    where: Charged
    """It belongs there ..."""
    elsewhere: tuple[Charged, ...]
    """... and to none of these."""
    outcome: Outcome


def loss(
    name: str,
    what: str,
    direct: Estimate,
    *,
    planted: Report,
    without: Report,
    where: str,
    elsewhere: Iterable[str],
    sides: Mapping[str, Estimate] = MappingProxyType({}),
) -> Loss:
    """Judged; `undecided` where the A/B does not say what was planted: it has to be measured again."""
    there = charged(planted, without, where)
    others = tuple(charged(planted, without, one) for one in elsewhere)
    outcome: Outcome = "undecided"
    if known(direct):
        apart = abs(there.gained - math.log(direct.point))
        most = min(AGREE, abs(math.log(direct.point)) / 2)
        right = apart <= AGREE and all(abs(one.gained) <= most for one in others)
        outcome = "rightly" if right else "wrongly"
    return Loss(
        id=name,
        what=what,
        direct=direct,
        sides=dict(sides),
        where=there,
        elsewhere=others,
        outcome=outcome,
    )


def known(direct: Estimate) -> bool:
    """Whether the A/B shows a loss, and its interval is narrow against it."""
    half = math.log(direct.high / direct.low) / 2
    return direct.low > 1 and half <= NARROW * math.log(direct.point)


def charged(planted: Report, without: Report, name: str) -> Charged:
    """One cause or part."""
    return Charged(name=name, planted=_factor(planted, name), without=_factor(without, name))


def row_of(report: Report, name: str) -> CauseRow:
    """`CAUSE` or `CAUSE/PART`. StopIteration where there is none."""
    cause, _, part = name.partition("/")
    row = next(one for one in report.causes if one.id == cause)
    return next(one for one in row.children if one.id == part) if part else row


def _factor(report: Report, name: str) -> Estimate | None:
    return row_of(report, name).factor


def _ln(one: Estimate | None) -> float:
    return 0.0 if one is None else math.log(one.point)
