"""One recording and what was already derived from it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from gapprof.records.recording import Recording

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Case:
    """A recording under analysis. `get(fact)` calls `fact(case)` once and remembers the answer."""

    recording: Recording
    _known: dict[Callable[..., Any], Any] = field(default_factory=dict, repr=False, compare=False)

    def get(self, fact: Callable[["Case"], T]) -> T:
        """The value of a shared fact, typed as the fact is."""
        if fact not in self._known:
            self._known[fact] = fact(self)
        return cast("T", self._known[fact])
