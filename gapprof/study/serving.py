"""What a native server of the model does with all cores: visited in every round among the cells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from gapprof.errors import ModelUnusable
from gapprof.facts.disturbance import disturbed
from gapprof.lattice.rounds import Stop
from gapprof.measure.extra import Beyond, UnreachableError
from gapprof.measure.visits import ATTEMPTS, Patience
from gapprof.records.lattice import Served
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal
from gapprof.records.trial import Load
from gapprof.subject import child
from gapprof.subject.refusal import answer_of

LEAST_S = 1.5
Serving = Callable[[Beyond, Patience], Stop]
"""Ready for the rounds of one run; repeats take from the patience that the cells have too."""
_NATIVE = "native"


def serving(settings: Settings, *, scratch: Path) -> Serving:
    """A server in fresh processes of this machine."""

    def ready(beyond: Beyond, patience: Patience) -> Stop:
        return Server(beyond=beyond, scratch=scratch, seed=settings.seed, patience=patience).visited

    return ready


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What `gapprof.native.throughput` answers."""

    runs_per_s: float
    load: Load


@dataclass(slots=True, kw_only=True)
class Server:
    """Of one run."""

    beyond: Beyond
    scratch: Path
    seed: int
    patience: Patience
    _gone: bool = False

    def visited(self, number: int) -> None:
        """A fresh process, until a visit counts or the attempts are used up; all are written.

        What it cannot do it says once, as a note.
        """
        for attempt in range(ATTEMPTS):
            if self._gone:
                return
            try:
                entry = self._once(number, attempt)
            except (UnreachableError, ModelUnusable) as why:
                self._gone = True
                self.beyond.journal.note("report", f"the study's server: {why}")
                return
            self.beyond.journal.write(entry)
            if not entry.struck:
                return

    def _once(self, number: int, attempt: int) -> Served:
        """Raises UnreachableError, ModelUnusable."""
        journal = self.beyond.journal
        job = self.beyond.job(_NATIVE, number, seed=self.seed)
        callers = journal.begin.machine.usable_cores
        request: Mapping[str, Any] = {
            "model": job.model_path,
            "inputs": job.inputs_path,
            "callers": callers,
            "least_s": LEAST_S,
        }
        started_s = journal.now_s()
        said = child.ask(
            "gapprof.native.throughput", dict(request), scratch=self.scratch, deadline_s=job.pace.deadline_s
        )
        ended_s = journal.now_s()
        answer = answer_of(said, doing="be served", hint="")
        if isinstance(answer, NativeRefusal):
            raise UnreachableError(answer.message)
        told = msgspec.convert(answer, _Told)
        return Served(
            round=number,
            callers=callers,
            runs_per_s=told.runs_per_s,
            attempt=attempt,
            started_s=started_s,
            ended_s=ended_s,
            load=told.load,
            struck=self.struck_by(told.load, attempt, ended_s - started_s),
        )

    def struck_by(self, load: Load, attempt: int, took_s: float) -> tuple[str, ...]:
        """By load from outside, as cells are, while somebody has the patience to repeat."""
        disturbance = disturbed(load)
        if disturbance is None or attempt == ATTEMPTS - 1 or self.patience.left_s <= 0:
            return ()
        self.patience.left_s -= took_s
        return (disturbance,)
