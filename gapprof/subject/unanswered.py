"""Why a child process gave no answer, in words. Not beside `child`, which measured processes import."""

from gapprof.subject.child import Died, Overdue
from gapprof.text import numbers


def unanswered(outcome: Died | Overdue, what: str) -> str:
    """`what` ran there: how it ended, or how long it took."""
    match outcome:
        case Died():
            return f"{what} ended with {outcome.how}"
        case Overdue():
            return f"{what} took more than {numbers.duration(outcome.deadline_s)}"
