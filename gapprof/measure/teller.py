"""Tells whoever watches how far the run is; only between visits, never while one is timed."""

from dataclasses import dataclass

from gapprof.measure.journal import Journal
from gapprof.records.progress import Observer, Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """The observer, and the journal whose clock and entries it is told about."""

    observer: Observer
    journal: Journal

    def tell(
        self,
        phase: str,
        text: str,
        *,
        rung: str | None = None,
        round_number: int | None = None,
        planned: int | None = None,
        projected_s: float | None = None,
        completed: bool = False,
    ) -> None:
        """One step; `completed` hands over the recording so far, enough for a provisional ranking."""
        self.observer(
            Progress(
                phase=phase,
                text=text,
                rung=rung,
                round=round_number,
                rounds_planned=planned,
                elapsed_s=self.journal.now_s(),
                projected_s=projected_s,
                recording=self.journal.recording() if completed else None,
            )
        )
