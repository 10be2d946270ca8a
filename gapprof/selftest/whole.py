"""The selftest from start to end: its model, its rounds, its report."""

from dataclasses import dataclass
from pathlib import Path

from gapprof.errors import GapprofError, Interrupted, WrongUse
from gapprof.guard import Guard
from gapprof.interrupts import Hold
from gapprof.measure.machine import machine_facts
from gapprof.records.progress import Observer
from gapprof.records.selftest import Selftest
from gapprof.selftest.extent import Extent
from gapprof.selftest.model import NAME, save_model
from gapprof.selftest.plant import Plant
from gapprof.selftest.report import selftest_of, unusable
from gapprof.selftest.run import Toured, run
from gapprof.subject.open import open_subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be planted, and where it is kept."""

    plants: tuple[Plant, ...]
    extent: Extent
    browser: str | None = None
    """None: the one that is found."""
    seed: int
    argv: tuple[str, ...]
    recording_path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A report in any case, and what kept the run from starting, if anything did."""

    selftest: Selftest
    stopped: GapprofError | None = None


def selftested(wish: Wish, *, observer: Observer, hold: Hold) -> Outcome:
    """Plant, measure, judge; interrupts come through while it measures. Raises nothing but WrongUse."""
    try:
        with hold.lifted():
            found = _toured(wish, observer)
    except WrongUse:
        raise
    except (GapprofError, KeyboardInterrupt) as reason:
        stopped = reason if isinstance(reason, GapprofError) else Interrupted("interrupted")
        report = unusable(stopped, argv=wish.argv, machine=machine_facts(), seed=wish.seed)
        return Outcome(selftest=report, stopped=stopped)
    return Outcome(selftest=selftest_of(found.plan, found.recording))


def _toured(wish: Wish, observer: Observer) -> Toured:
    with Guard() as guard, guard.folder("selftest") as workdir:
        model = workdir / NAME
        save_model(model)
        subject = open_subject(str(model), shapes={}, inputs=None, seed=wish.seed, workdir=workdir)
        return run(
            wish.plants,
            wish.extent,
            subject,
            browser=wish.browser,
            seed=wish.seed,
            argv=wish.argv,
            recording_path=wish.recording_path,
            workdir=workdir,
            guard=guard,
            observer=observer,
        )
