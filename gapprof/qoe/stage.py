"""The stage that `--qoe` adds: what the page is like while the model rests, runs on its main thread, or in a
worker; and what the model answers to a stream there."""

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.guard import Guard
from gapprof.measure.extra import Beyond, Extra, UnreachableError, noting
from gapprof.qoe.answers import answered
from gapprof.qoe.visits import Feeling
from gapprof.records.job import Job
from gapprof.records.qoe import CONDITIONS, Condition
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal
from gapprof.records.trial import Failure

ROUNDS = 4
_DEPLOYED = "web"
_MOST_FAILURES = 2
"""Of one condition: one may be bad luck."""


def feeling(settings: Settings, *, guard: Guard, scratch: Path) -> Extra:
    """The page felt, and a stream answered. Bound to one run of this machine."""

    def tell(beyond: Beyond, visits: Feeling) -> None:
        first = beyond.next_round()
        _felt(settings, beyond, visits, range(first, first + ROUNDS))
        beyond.teller.tell("felt", "answering a stream")
        with tempfile.TemporaryDirectory(prefix="stream-", dir=scratch) as folder:
            job = _job(beyond, settings, "main", first)
            other = beyond.subject.other_inputs_path
            beyond.journal.write(answered(visits, job, other, Path(folder)))
        beyond.teller.tell("felt", "felt", completed=True)

    return _noting(settings, guard, tell)


def feeling_the_page(settings: Settings, *, guard: Guard, rounds: int) -> Extra:
    """The page felt, and nothing answered."""

    def tell(beyond: Beyond, visits: Feeling) -> None:
        first = beyond.next_round()
        _felt(settings, beyond, visits, range(first, first + rounds))
        beyond.teller.tell("felt", "felt", completed=True)

    return _noting(settings, guard, tell)


def _noting(settings: Settings, guard: Guard, tell: Callable[[Beyond, Feeling], None]) -> Extra:
    def noted(beyond: Beyond) -> None:
        equipment = Equipment(
            executable=assets.find_browser(settings.browser), probes=assets.probes_web(), guard=guard
        )
        dist = assets.web_dist(settings.web_dist)
        tell(beyond, Feeling(equipment=equipment, dist=dist, now_s=beyond.journal.now_s))

    return noting("--qoe", noted)


def _felt(settings: Settings, beyond: Beyond, visits: Feeling, rounds: range) -> None:
    journal, order = beyond.journal, np.random.default_rng(settings.seed)
    failures: Counter[Condition] = Counter()
    for place, number in enumerate(rounds):
        for condition in (CONDITIONS[one] for one in order.permutation(len(CONDITIONS))):
            beyond.teller.tell("felt", "feeling the page", round_number=place, planned=len(rounds))
            if failures[condition] >= _MOST_FAILURES:
                continue
            found = visits.felt(_job(beyond, settings, condition, number), condition)
            if isinstance(found, Failure):
                failures[condition] += 1
                journal.note("report", f"--qoe: the page could not be felt ({found.phase}): {found.message}")
            else:
                journal.write(found)


def _job(beyond: Beyond, settings: Settings, condition: Condition, number: int) -> Job:
    """As deployed, but with the graph that both sides answer with."""
    common = beyond.subject.common
    if isinstance(common, NativeRefusal):
        raise UnreachableError(f"there is no common graph, which both sides answer with: {common.message}")
    job = beyond.job(_DEPLOYED, number, seed=settings.seed)
    return replace(
        job,
        setting=replace(job.setting, where="worker" if condition == "worker" else "main"),
        model_path=str(common.path),
        external_data=common.external_data,
        optimise=False,
    )
