"""The stage that `--qoe` adds: what pages do to the model's requests; what the page is like while the model
rests, runs on its main thread, or in a worker; and what the model answers to a stream there."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.guard import Guard
from gapprof.measure.extra import Beyond, Extra, noting
from gapprof.measure.visits import Patience
from gapprof.measure.wanted import ENDS
from gapprof.qoe.answers import answered, read
from gapprof.qoe.conditions import DEPLOYED, Conditions
from gapprof.qoe.pages import PageVisits
from gapprof.qoe.rounds import Means
from gapprof.qoe.stream import MOST_BYTES, MOST_GIVEN_BYTES, Stream, cutting, room, turning
from gapprof.qoe.visits import Feeling
from gapprof.records.settings import Settings
from gapprof.records.subject import Subject
from gapprof.records.trial import Trial

_NATIVE = "native"
_REPEATS_S, _REPEATS_SHARE = 20.0, 0.1
"""For repeating visits that outside load disturbed, in either direction: that long, or a budget's share."""
_ANSWERING_MS = 60e3
"""In the page: with slower models a stream has fewer different frames."""
_ONE_ROUND = (
    "--qoe: one round of visits took longer than the whole budget, so that no figure of the page has an "
    "interval; a larger --budget makes more rounds"
)
_RESERVED_S = 15.0
"""Of a budget, for answering a stream that takes next to nothing."""


def feeling(settings: Settings, *, guard: Guard, scratch: Path) -> Extra:
    """Both directions, and a stream answered. Bound to one run of this machine.

    `gapprof qoe` has a budget for all of it; after a whole ladder nothing is left of one.
    """

    def tell(beyond: Beyond, visits: Feeling) -> None:
        until_s = settings.budget_s if settings.rungs == ENDS else float("inf")
        run_ms = _run_ms(beyond)
        reserved_s = _RESERVED_S + min(_ANSWERING_MS, 48 * run_ms) / 1e3
        with tempfile.TemporaryDirectory(prefix="stream-", dir=scratch) as folder:
            repeats_s = min(_REPEATS_S, _REPEATS_SHARE * until_s)
            pages = PageVisits(settings, beyond, patience=Patience(repeats_s), scratch=Path(folder))
            conditions = Conditions(settings, beyond, visits.felt, patience=Patience(repeats_s))
            means = Means(until_s=until_s, reserved_s=reserved_s)
            began_s, number, planned = beyond.journal.now_s(), beyond.next_round(), 1
            first = number
            while number < first + planned:
                pages.round(number)
                conditions.round(number)
                if number == first:
                    now_s = beyond.journal.now_s()
                    waited_s = pages.waited_s + conditions.waited_s  # no other round waits as long for sure
                    planned = means.rounds(now_s=now_s, round_s=now_s - began_s - waited_s)
                    if planned == 1:
                        beyond.journal.note("report", _ONE_ROUND)
                number += 1
            beyond.teller.tell("felt", "answering a stream")
            _answered(beyond, visits, settings, run_ms=run_ms, scratch=Path(folder))
        beyond.teller.tell("felt", "felt", completed=True)

    return _noting(settings, guard, tell)


def feeling_the_page(settings: Settings, *, guard: Guard, rounds: int) -> Extra:
    """The page felt, and nothing else."""

    def tell(beyond: Beyond, visits: Feeling) -> None:
        conditions = Conditions(settings, beyond, visits.felt, patience=Patience(_REPEATS_S))
        first = beyond.next_round()
        for number in range(first, first + rounds):
            conditions.round(number)
        beyond.teller.tell("felt", "felt", completed=True)

    return _noting(settings, guard, tell)


def _noting(settings: Settings, guard: Guard, tell: Callable[[Beyond, Feeling], None]) -> Extra:
    def noted(beyond: Beyond) -> None:
        equipment = Equipment(
            executable=assets.find_browser(settings.browser), probes=assets.probes_web(), guard=guard
        )
        dist = assets.web_dist(settings.web_dist)
        hear = beyond.fastest.waits.hear
        tell(beyond, Feeling(equipment=equipment, dist=dist, now_s=beyond.journal.now_s, waiting=hear))

    return noting("--qoe", noted)


def _answered(beyond: Beyond, visits: Feeling, settings: Settings, *, run_ms: float, scratch: Path) -> None:
    number = beyond.next_round()
    subject = beyond.subject
    stream = stream_of(beyond, settings, run_ms)
    beyond.journal.write(
        answered(
            visits,
            stream,
            native=beyond.job(_NATIVE, number, seed=settings.seed),
            page=beyond.job(DEPLOYED, number, seed=settings.seed),
            scratch=scratch,
            given=subject.scenes_given,
            labels=subject.labels[: len(stream.still)] if subject.scenes_given else (),
        )
    )


def stream_of(beyond: Beyond, settings: Settings, run_ms: float) -> Stream:
    """Of the user's inputs where there are several, else of seeded scenes."""
    paths, size_bytes = _scenes(beyond.subject)
    if not beyond.subject.scenes_given:
        frames = room(size_bytes, MOST_BYTES, run_ms=run_ms, most_ms=_ANSWERING_MS)
        return turning([read(path) for path in paths[:frames]], frames=frames, seed=settings.seed)
    fitting = room(size_bytes, MOST_GIVEN_BYTES, run_ms=run_ms, most_ms=_ANSWERING_MS)
    if fitting < len(paths):
        beyond.journal.note(
            "report", f"--qoe answers the first {fitting} of the {len(paths)} inputs: more take too long"
        )
    return cutting([read(path) for path in paths[:fitting]], seed=settings.seed)


def _scenes(subject: Subject) -> tuple[tuple[Path, ...], int]:
    """Where they lie, and what one takes, in bytes."""
    paths = subject.scenes or (subject.inputs_path, subject.other_inputs_path)
    return paths, sum(array.nbytes for array in read(paths[0]).values())


def _run_ms(beyond: Beyond) -> float:
    """What a run in the page was seen to take; 0 where nobody saw one."""
    step = beyond.step(DEPLOYED)
    rungs = {step.alias_of or DEPLOYED, DEPLOYED}
    found = [one for one in beyond.journal.recording().of(Trial) if one.rung in rungs]
    runs = [ms for trial in found for ms in (trial.runs_ms or trial.samples_ms)]
    return median(runs) if runs else 0.0
