"""A page that burns its main thread by a known share of the time, against itself at rest in the same launch.

python benchmarks/planted_contention.py [MODEL [BUDGET_S [LAUNCHES]]]     default: zoo:mobilenetv2, 90 s, 4

The direct A/B: one page, one launch, requests in turn while its timer burns and while it does not, so that
what differs between launches cancels. `explain` knows nothing of that: it compares its own rounds on its own
quiet page with rounds on a page that always burns, and says what is contention. In a worker the burner has a
core of its own where there are two; what is left there is small.
"""

import asyncio
import math
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

from gapprof import Report, assets, explain
from gapprof.browser import tasks
from gapprof.browser.ready import Ready, readied
from gapprof.browser.visit import Course, Equipment
from gapprof.guard import Guard
from gapprof.records.environment import Setting
from gapprof.records.estimate import Estimate
from gapprof.records.job import Job, Pace
from gapprof.records.report import CauseRow
from gapprof.records.subject import StagedModel, Subject
from gapprof.records.wire import Timed
from gapprof.stats.interval import Interval, t_interval
from gapprof.subject.open import open_subject

EVERY_MS = 40
DUTIES = (0.25, 0.5, 0.75)
TURNS, REQUESTS = 24, 3
AGREE = 0.10
PACE = Pace(
    warmup_ms=100.0,
    warmup_runs=3,
    batch=1,
    samples=5,
    requests=REQUESTS,
    think_ms=(8.0, 24.0),
    deadline_s=300.0,
)


def page(duty: float) -> str:
    """A timer that works for a share of its period, unless it is told not to."""
    return f"""<!doctype html><meta charset="utf-8"><title>A page that burns</title>
<script>
globalThis.burning = true;
setInterval(function planted() {{
  const end = performance.now() + {duty * EVERY_MS:g};
  while (burning && performance.now() < end);
}}, {EVERY_MS});
</script>"""


def directly(subject: Subject, file: Path, where: str, launches: int) -> Interval:
    """ln(burning / at rest) of the mean request, over launches."""
    with Guard() as guard:
        equipment = Equipment(executable=assets.find_browser(None), probes=assets.probes_web(), guard=guard)
        return t_interval(
            [asyncio.run(_one_launch(equipment, _job(subject, file, where), n)) for n in range(launches)]
        )


async def _one_launch(equipment: Equipment, job: Job, seed: int) -> float:
    course = Course(until=asyncio.get_running_loop().time() + job.pace.deadline_s)
    async with readied(job, equipment, course, dist=assets.web_dist(None)) as ready:
        found: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(TURNS):
            first = (turn + seed) % 2 == 0
            for burns in (first, not first):
                found[burns] += await _requests(ready, job, burns=burns)
    return math.log(fmean(found[True]) / fmean(found[False]))


async def _requests(ready: Ready, job: Job, *, burns: bool) -> tuple[float, ...]:
    word = "true" if burns else "false"
    await ready.visit.page.evaluate(f"String(globalThis.burning = {word})", deadline_s=10.0)
    timed = await ready.visit.ask(tasks.time_task(job), Timed)
    return timed.requests_ms


def _job(subject: Subject, file: Path, where: str) -> Job:
    if not isinstance(subject.common, StagedModel):
        raise SystemExit("this model has no common graph")
    return Job(
        rung="web",
        round=0,
        seed=0,
        setting=Setting(
            backend="chromium",
            isa="full",
            threads=1,
            graph="common",
            js_flags=(),
            browser_args=(),
            where=where,
            pacing="paced",
            page=str(file),
            isolated=True,
            build="served",
        ),
        model_path=str(subject.common.path),
        external_data=subject.common.external_data,
        optimise=False,
        inputs_path=str(subject.inputs_path),
        outputs_path="",
        pace=PACE,
    )


def told(report: Report) -> Iterator[CauseRow]:
    """The page's part of contention, and what that is made of."""
    contention = next(row for row in report.causes if row.id == "contention")
    for row in contention.children:
        if row.id == "page":
            yield row
            yield from (child for child in row.children if child.verdict != "not-applicable")


def main() -> None:
    """One block per duty, in the main thread; the middle one in a worker as well."""
    model = sys.argv[1] if len(sys.argv) > 1 else "zoo:mobilenetv2"
    budget_s = float(sys.argv[2]) if len(sys.argv) > 2 else 90.0
    launches = int(sys.argv[3]) if len(sys.argv) > 3 else 4
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subject = open_subject(model, shapes={}, inputs=None, seed=0, workdir=folder)
        for where, duty in (*(("main", duty) for duty in DUTIES), ("worker", 0.5)):
            file = folder / f"burning-{duty:g}.html"
            file.write_text(page(duty))
            direct = directly(subject, file, where, launches)
            ends = [math.exp(value) for value in (direct.point, direct.low, direct.high)]
            print(f"{where}, {duty:.0%}: directly {ends[0]:.3f} [{ends[1]:.3f}, {ends[2]:.3f}]")
            report = explain(
                model,
                where=where,
                page=str(file),
                threads=1,
                rungs="main",
                budget_s=budget_s,
                allow_noisy=True,
            )
            for row in told(report):
                print(f"    {row.id}: {_against(row.factor, direct)}, {row.verdict}", flush=True)


def _against(factor: Estimate | None, direct: Interval) -> str:
    if factor is None:
        return "no figure"
    off = factor.point / math.exp(direct.point) - 1
    within = "within" if abs(off) <= AGREE else "not within"
    return f"{factor.point:.3f} [{factor.low:.3f}, {factor.high:.3f}], {off:+.1%} ({within} 10 %)"


if __name__ == "__main__":
    main()
