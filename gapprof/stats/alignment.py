"""Which maker made which event, where both are known in their order, and kinds alone say who can make what.

Of all ways to tell the events to the makers in order those count that fit best. An event whose maker is the
same in all of them is told; one whose makers differ is told to all of these. The fits are found by dynamic
programming over events x makers, forwards and backwards, in exact integers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Fit = Literal["none", "before", "beside", "main"]
"""What a kind of event can be to a kind of maker: nothing, a part that only comes before the main one, a
part at any time, or what the maker is there for."""
MOST_CELLS = 10_000_000
"""Events times makers: three tables of as many 32-bit integers."""
_MAIN, _PART, _WITHOUT = 4, 1, 1
"""What an event that is told adds, and what a maker without its main event costs: an event is told to a maker
of its own rather than to one that it may help."""
_NEVER = -(10**8)
_BEFORE, _BESIDE, _OWN = 1, 2, 3
_LEVELS: dict[Fit, int] = {"none": 0, "before": _BEFORE, "beside": _BESIDE, "main": _OWN}
Row = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """A kind of maker."""

    fits: tuple[Fit, ...]
    """By kind of event."""
    once: bool
    """Whether it makes no more than one main event."""
    silent: bool = False
    """Whether it may as well make none."""


def aligned(events: Sequence[int], makers: Sequence[int], kinds: Sequence[Maker]) -> list[tuple[int, ...]]:
    """For each event the places of the makers that it can be told to; empty: to none for sure.

    `events`: kinds, as in `Maker.fits`; `makers`: places in `kinds`. Raises ValueError beyond MOST_CELLS.
    """
    if len(events) * len(makers) > MOST_CELLS:
        raise ValueError(f"{len(events)} events and {len(makers)} makers are too many")
    if not events or not makers:
        return [()] * len(events)
    return _Table.of(events, makers, kinds).told()


@dataclass(frozen=True, slots=True)
class _States:
    """Best sums after some events. `closed[j]`: the first j makers are done; others: maker j is at work."""

    closed: Row
    without: Row
    """Its main event did not come yet."""
    after: Row
    """It did."""


@dataclass(frozen=True, slots=True)
class _Table:
    """Everything by maker, in order."""

    fits: NDArray[np.int32]
    """Event kind x maker."""
    events: Sequence[int]
    again: NDArray[np.bool_]
    """Whether a second main event is possible."""
    costs: Row
    """Of having no main event."""
    passed: Row
    """Costs of the first j makers together."""

    @classmethod
    def of(cls, events: Sequence[int], makers: Sequence[int], kinds: Sequence[Maker]) -> "_Table":
        by_kind = np.array([[_LEVELS[fit] for fit in kind.fits] for kind in kinds], np.int32).T
        places = np.array(makers, np.intp)
        costs = np.array([0 if kind.silent else _WITHOUT for kind in kinds], np.int32)[places]
        passed = np.concatenate([np.zeros(1, np.int32), np.cumsum(costs, dtype=np.int32)])
        again = np.array([not kind.once for kind in kinds], np.bool_)[places]
        return cls(by_kind[:, places], events, again, costs, passed)

    def told(self) -> list[tuple[int, ...]]:
        states = [self._begin()]
        for event in self.events:
            states.append(self._next(states[-1], event))
        best = int(states[-1].closed[-1])
        ahead, found = self._end(), []
        for event, state in zip(reversed(self.events), reversed(states[:-1]), strict=True):
            found.append(self._makers(state, event, ahead, best))
            ahead = self._previous(ahead, event)
        return found[::-1]

    def _begin(self) -> _States:
        never = np.full(len(self.costs), _NEVER, np.int32)
        return _States(-self.passed, never, never)

    def _next(self, state: _States, event: int) -> _States:
        """An event may be told to nobody; whoever made some may be done after any."""
        helped, helped_after, own = self._told_to(state, event)
        without = np.maximum(state.without, helped)
        after = np.maximum(state.after, np.maximum(helped_after, own))
        closed = state.closed.copy()
        closed[1:] = np.maximum(closed[1:], np.maximum(without - self.costs, after))
        return _States(np.maximum.accumulate(closed + self.passed) - self.passed, without, after)

    def _told_to(self, state: _States, event: int) -> tuple[Row, Row, Row]:
        """Best sums with the event told to each maker: as a part before its main one, after it, as that one.

        A part of what may be made again comes before some main event wherever it comes.
        """
        fits = self.fits[event]
        not_yet = np.maximum(state.closed[:-1], state.without)
        once_more = np.where(self.again, np.maximum(not_yet, state.after), not_yet)
        return (
            _where((fits == _BEFORE) | (fits == _BESIDE), not_yet + _PART),
            _where((fits == _BESIDE) | ((fits == _BEFORE) & self.again), state.after + _PART),
            _where(fits == _OWN, once_more + _MAIN),
        )

    def _end(self) -> _States:
        """Best sums that are still to come, from each state; here there is nothing but what is missing."""
        closed = self.passed - self.passed[-1]
        return _States(closed, closed[1:] - self.costs, closed[1:])

    def _previous(self, ahead: _States, event: int) -> _States:
        """The same before one more event."""
        fits = self.fits[event]
        part = (fits == _BEFORE) | (fits == _BESIDE)
        part_after = (fits == _BESIDE) | ((fits == _BEFORE) & self.again)
        helped, own = _where(part, ahead.without + _PART), _where(fits == _OWN, ahead.after + _MAIN)
        started = np.maximum(helped, own)
        closed = ahead.closed.copy()
        closed[:-1] = np.maximum(closed[:-1], started)
        left = self.passed[-1] - self.passed
        closed = np.maximum.accumulate((closed + left)[::-1])[::-1] - left
        return _States(
            closed,
            np.maximum(np.maximum(ahead.without, started), closed[1:] - self.costs),
            np.maximum(
                np.maximum(ahead.after, _where(part_after, ahead.after + _PART)),
                np.maximum(_where(self.again, own), closed[1:]),
            ),
        )

    def _makers(self, state: _States, event: int, ahead: _States, best: int) -> tuple[int, ...]:
        """Of all best fits; none where one of them leaves the event untold."""
        untold = max(
            int(np.max(state.closed + ahead.closed)),
            int(np.max(state.without + ahead.without)),
            int(np.max(state.after + ahead.after)),
        )
        if untold == best:
            return ()
        helped, helped_after, own = self._told_to(state, event)
        through = np.maximum(helped + ahead.without, np.maximum(helped_after, own) + ahead.after)
        return tuple(int(place) for place in np.flatnonzero(through == best))


def _where(possible: NDArray[np.bool_], sums: Row) -> Row:
    return np.where(possible, sums, _NEVER).astype(np.int32)
