"""Whether all that a row stands on computed the same: a time of something else says nothing."""

from collections.abc import Iterator, Set

from gapprof.facts.agreement import agrees, difference
from gapprof.records.recording import Recording
from gapprof.records.trial import OutputCheck, Trial


def outputs_faults(stops: Set[str], journal: Recording) -> Iterator[str]:
    """Outputs of these stops that are not the reference's, natively as well, and what nobody compared."""
    compared: set[str] = set()
    for check in journal.of(OutputCheck):
        compared.add(check.rung)
        if check.rung in stops and not agrees(check):
            yield difference(check)
    timed = {trial.rung for trial in journal.of(Trial) if trial.round >= 0}
    for stop in sorted((timed & stops) - compared):
        yield f"the outputs of {stop} were compared with nothing"
