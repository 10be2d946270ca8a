"""How a run ends, written as the last line of its recording, whatever ended it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gapprof.errors import EnvironmentUnusable, GapprofError, Interrupted
from gapprof.measure.journal import Journal
from gapprof.records.recording import End


@contextmanager
def ending(journal: Journal) -> Iterator[None]:
    """An interruption ends the block and raises nothing: what was measured counts. A GapprofError goes on."""
    try:
        yield
        journal.write(End(at_s=journal.now_s(), reason="finished"))
    except (KeyboardInterrupt, Interrupted):
        journal.write(End(at_s=journal.now_s(), reason="interrupted"))
    except GapprofError as error:
        # A disk that is full refuses this line as well; the first error is the one to tell.
        with suppress(EnvironmentUnusable):
            journal.write(End(at_s=journal.now_s(), reason="failed", text=error.message))
        raise
