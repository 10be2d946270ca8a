"""The direct A/B: requests in turn while the timer burns and while there is none, launch after launch."""

import asyncio
import time
from random import Random

from msgspec.structs import replace

from contention.case import EVERY_MS
from contention.judged import decided, directly
from contention.planting import Launch
from gapprof import assets
from gapprof.browser import tasks
from gapprof.browser.ready import Ready, readied
from gapprof.browser.visit import Course, Equipment
from gapprof.guard import Guard
from gapprof.measure.lock import sole_measurer
from gapprof.records.job import Job, Pace
from gapprof.records.recording import Recording
from gapprof.records.subject import Subject
from gapprof.records.wire.time import Timed

TURNS, REQUESTS = 24, 9
"""Per launch: so many turns of so many requests, on either side."""
FEWEST_LAUNCHES = 6
LONGEST_S = 150.0
"""For the launches of one case."""


def launched(job: Job, where: str) -> tuple[Launch, ...]:
    """As many as it takes to decide, within a bound of time."""
    found: list[Launch] = []
    began = time.monotonic()
    with sole_measurer(), Guard() as guard:
        equipment = Equipment(executable=assets.find_browser(None), probes=assets.probes_web(), guard=guard)
        while len(found) < FEWEST_LAUNCHES or time.monotonic() - began < LONGEST_S:
            found.append(asyncio.run(_one_launch(equipment, job, len(found))))
            if len(found) >= FEWEST_LAUNCHES and decided(directly(tuple(found)), where):
                break
    return tuple(found)


async def _one_launch(equipment: Equipment, job: Job, number: int) -> Launch:
    course = Course(until=asyncio.get_running_loop().time() + job.pace.deadline_s)
    found: dict[bool, list[Timed]] = {True: [], False: []}
    async with readied(job, equipment, course, dist=assets.web_dist(None)) as ready:
        for turn in range(TURNS):
            own = replace(job, seed=TURNS * number + turn)  # think times of its own, the same on both sides
            first = (turn + number) % 2 == 0
            for burns in (first, not first):
                found[burns].append(await _requests(ready, own, burns=burns))
    return Launch(
        burning_ms=tuple(one.requests_ms for one in found[True]),
        at_rest_ms=tuple(one.requests_ms for one in found[False]),
        burning_runs_ms=tuple(one.runs_ms for one in found[True]),
        at_rest_runs_ms=tuple(one.runs_ms for one in found[False]),
    )


async def _requests(ready: Ready, job: Job, *, burns: bool) -> Timed:
    word = "true" if burns else "false"
    await ready.visit.page.evaluate(f"String(globalThis.burn({word}))", deadline_s=10.0)
    # The timer begins now: the first request is to meet it at any moment of its period.
    await asyncio.sleep(Random(job.seed).random() * EVERY_MS / 1e3)
    return await ready.visit.ask(tasks.time_task(job), Timed)


def job_as_recorded(recording: Recording, subject: Subject) -> Job:
    """As the rung `web` of the recording was visited; the model is made anew, from the same bytes."""
    preflight = recording.preflight
    if preflight is None or recording.begin.model.sha256 != subject.facts.sha256:
        raise SystemExit("the run of explain ended before its preflight, or had another model")
    setting = next(step.setting for step in preflight.ladder if step.rung.id == "web")
    if setting is None or setting.graph != "own":
        raise SystemExit("the run of explain has no page with the model's own file")
    return Job(
        rung="web",
        round=0,
        seed=0,
        setting=setting,
        model_path=str(subject.original.path),
        external_data=subject.original.external_data,
        optimise=True,
        inputs_path=str(subject.inputs_path),
        outputs_path="",
        pace=_pace(preflight.pace),
    )


def _pace(theirs: Pace) -> Pace:
    return replace(theirs, requests=REQUESTS, deadline_s=300.0)
