"""A page that burns its main thread by a known share of the time, against itself at rest in the same launch.

python benchmarks/planted_contention.py [FOLDER [CASE ...]]     default: every case, kept in no folder
python benchmarks/planted_contention.py FOLDER again            its figures anew; measures nothing

The direct A/B: one page, one launch, requests in turn while its timer burns and while it does not, so that
what differs between launches cancels; launch after launch until the interval of the factor is narrow enough,
within a bound of time. `explain` knows nothing of that: it compares its own rounds on its own quiet page with
rounds on a page that always burns, and says what is contention. Both run the same file of the model with the
same session options in the same setting of the page, which is read from the recording that `explain` wrote.

In a worker the model's runs are nobody's business where there is a core to spare, but the page that burns is
the one that asks for them, and its requests are late all the same: so runs alone are compared as well. FOLDER
gets for each case a recording (CASE.jsonl), and both sides' figures with all requests of its A/B (CASE.json).
"""

import asyncio
import contextlib
import math
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gapprof import Report, analyze, assets, explain
from gapprof.browser import tasks
from gapprof.browser.ready import Ready, readied
from gapprof.browser.visit import Course, Equipment
from gapprof.guard import Guard
from gapprof.measure.lock import sole_measurer
from gapprof.recordings import read_run
from gapprof.records.environment import Setting
from gapprof.records.estimate import Estimate, Verdict
from gapprof.records.job import Job, Pace
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow
from gapprof.records.subject import Subject
from gapprof.records.wire.time import Timed
from gapprof.stats.interval import t_interval
from gapprof.subject.open import open_subject

EVERY_MS = 20
"""Of the page's timer: the shorter, the less do the waits of requests differ from each other."""
TURNS, REQUESTS = 24, 9
"""Per launch: so many turns of so many requests, on either side."""
FEWEST_LAUNCHES = 6
LONGEST_S = 150.0
"""For the launches of one case."""
BUDGET_S = 240.0
"""Of the run of `explain`."""
NARROW = math.log(1.05)
"""Half the width of ln factor below which the A/B has decided."""
AGREE = 0.10
"""How far from the A/B a recovered factor may be, as a share of it."""
Outcome = Literal["recovered", "not recovered", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A page to plant, and where the model runs beside its timer."""

    model: str
    where: str
    duty: float

    @property
    def name(self) -> str:
        """Of its files."""
        return f"{self.model.removeprefix('zoo:')}-{self.where}-{self.duty * 100:.0f}"


CASES = (
    *(Case(model="zoo:resnet20", where="main", duty=duty) for duty in (0.25, 0.5, 0.75)),
    Case(model="zoo:mobilenetv2", where="main", duty=0.75),
    Case(model="zoo:resnet20", where="worker", duty=0.5),
)


Turns = tuple[tuple[float, ...], ...]
"""Turn by turn, one value per request, ms."""


class Launch(Struct, frozen=True, kw_only=True):
    """One browser: a turn at rest for every burning one."""

    burning_ms: Turns
    at_rest_ms: Turns
    burning_runs_ms: Turns
    """Of the same requests, the runs alone."""
    at_rest_runs_ms: Turns


class Planting(Struct, frozen=True, kw_only=True):
    """One case as it was measured, beside its recording."""

    model: str
    where: str
    duty: float
    every_ms: float
    model_sha256: str
    setting: Setting
    """Of both sides: what the rung `web` of the recording had."""
    optimise: bool
    """Of both sides: onnxruntime-web's own optimisation of the file."""
    launches: tuple[Launch, ...]


class Planted(Planting, frozen=True, kw_only=True):
    """The same, with what the A/B and `explain` make of it."""

    direct: Estimate
    """Burning over at rest, of the mean request; over launches."""
    explained: Estimate | None
    """Of the part `page` of `contention`."""
    contention: Estimate | None
    """Of the whole cause: the step onto the main thread is in it as well."""
    verdict: Verdict
    direct_runs: Estimate
    """Burning over at rest, of the mean run."""
    explained_runs: Estimate | None
    """Of the part `slower-runs` of `page`."""
    runs_verdict: Verdict
    outcome: Outcome


def page(duty: float) -> str:
    """A timer that works for a share of its period, until it is told to stop.

    At rest there is no timer at all, as on the quiet page: one that does nothing, woken up every 20 ms, alone
    makes the page's other timers 1.3 ms late (measured).
    """
    return f"""<!doctype html><meta charset="utf-8"><title>A page that burns</title>
<script>
let timer = 0;
function planted() {{
  const end = performance.now() + {duty * EVERY_MS:g};
  while (performance.now() < end);
}}
globalThis.burn = (on) => {{
  clearInterval(timer);
  timer = on ? setInterval(planted, {EVERY_MS}) : 0;
}};
burn(true);
</script>"""


def outcome_of(direct: Estimate, explained: Estimate | None) -> Outcome:
    """Whether `explain` found what was planted; nobody knows where the A/B itself does not."""
    if math.log(direct.high / direct.low) / 2 > NARROW or direct.low <= 1:
        return "undecided"
    if explained is None:
        return "not recovered"
    return "recovered" if _agree(direct, explained) else "not recovered"


def runs_told(direct: Estimate, explained: Estimate | None, verdict: Verdict) -> bool:
    """Whether runs that nothing was planted on are charged what they cost, or nothing beyond doubt."""
    if explained is None:
        return False
    meet = explained.low <= direct.high and direct.low <= explained.high
    return (verdict == "unclear" and meet) or _agree(direct, explained)


def _agree(direct: Estimate, explained: Estimate) -> bool:
    near = abs(explained.point / direct.point - 1) <= AGREE
    return near and explained.low <= direct.high and direct.low <= explained.high


def measured(case: Case, recording: Path) -> Planted:
    """`explain`, then the A/B in the same setting; what else they write goes to a folder of its own."""
    recording = recording.absolute()
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        file = Path(f"burning-{case.duty * 100:.0f}.html")
        file.write_text(page(case.duty))
        report = explain(
            case.model,
            recording=recording,
            where=case.where,
            page=str(file),
            threads=1,
            rungs="main",
            budget_s=BUDGET_S,
            allow_noisy=True,
        )
        found, subject = read_run(recording), _subject(case, Path(name) / "staged")
        job = _job(found, subject)
        launches = _launches(job)
    planting = Planting(
        model=case.model,
        where=case.where,
        duty=case.duty,
        every_ms=EVERY_MS,
        model_sha256=subject.facts.sha256,
        setting=job.setting,
        optimise=job.optimise,
        launches=launches,
    )
    return judged(planting, report)


def judged(planting: Planting, report: Report) -> Planted:
    """Both sides' figures."""
    row, child = _rows(report)
    runs = next((one for one in child.children if one.id == "slower-runs"), None)
    direct = directly(planting.launches)
    return Planted(
        **{name: getattr(planting, name) for name in Planting.__struct_fields__},
        direct=direct,
        explained=child.factor,
        contention=row.factor,
        verdict=child.verdict,
        direct_runs=directly_runs(planting.launches),
        explained_runs=runs.factor if runs else None,
        runs_verdict=runs.verdict if runs else "not-measured",
        outcome=outcome_of(direct, child.factor),
    )


def directly(launches: tuple[Launch, ...]) -> Estimate:
    """Burning over at rest: the mean over launches of ln of the mean requests' ratio."""
    return _over((one.burning_ms, one.at_rest_ms) for one in launches)


def directly_runs(launches: tuple[Launch, ...]) -> Estimate:
    """The same of the runs alone."""
    return _over((one.burning_runs_ms, one.at_rest_runs_ms) for one in launches)


def _over(launches: Iterable[tuple[Turns, Turns]]) -> Estimate:
    logs = [math.log(_mean(burning)) - math.log(_mean(at_rest)) for burning, at_rest in launches]
    found = t_interval(logs)
    return Estimate(
        point=math.exp(found.point),
        low=math.exp(found.low),
        high=math.exp(found.high),
        level=found.level,
        rounds=found.rounds,
    )


def _mean(turns: Turns) -> float:
    return fmean(ms for turn in turns for ms in turn)


def _launches(job: Job) -> tuple[Launch, ...]:
    found: list[Launch] = []
    began = time.monotonic()
    with sole_measurer(), Guard() as guard:
        equipment = Equipment(executable=assets.find_browser(None), probes=assets.probes_web(), guard=guard)
        while len(found) < FEWEST_LAUNCHES or time.monotonic() - began < LONGEST_S:
            found.append(asyncio.run(_one_launch(equipment, job, len(found))))
            if len(found) >= FEWEST_LAUNCHES and _decided(directly(tuple(found))):
                break
    return tuple(found)


def _decided(direct: Estimate) -> bool:
    return outcome_of(direct, None) != "undecided"


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


def _subject(case: Case, folder: Path) -> Subject:
    folder.mkdir()
    return open_subject(case.model, shapes={}, inputs=None, seed=0, workdir=folder)


def _job(recording: Recording, subject: Subject) -> Job:
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


def _rows(report: Report) -> tuple[CauseRow, CauseRow]:
    """`contention`, and the part of it that the page's own work is."""
    contention = next(row for row in report.causes if row.id == "contention")
    return contention, next(row for row in contention.children if row.id == "page")


def told(found: Planted) -> str:
    """One line."""
    explained = "no figure" if found.explained is None else _bounds(found.explained)
    return (
        f"{found.model}, {found.where}, {found.duty:.0%}: directly {_bounds(found.direct)} "
        f"in {found.direct.rounds} launches; explain {explained}, {found.verdict}; {found.outcome}; "
        f"runs alone {_bounds(found.direct_runs)}"
    )


def _bounds(one: Estimate) -> str:
    return f"{one.point:.3f} [{one.low:.3f}, {one.high:.3f}]"


def written(path: Path, found: Planted) -> None:
    """As JSON, beside the recording."""
    data = msgspec.json.format(msgspec.json.encode(found, order="deterministic"), indent=1)
    path.write_bytes(data + b"\n")


def again(path: Path) -> None:
    """The figures of a case anew, from its recording and the requests of its A/B."""
    planting = msgspec.json.decode(path.read_bytes(), type=Planting)
    written(path, judged(planting, analyze(path.with_suffix(".jsonl"))))


def main() -> None:
    """One line per case, as it is known; `again` in the place of a case measures nothing."""
    names = sys.argv[2:] or [case.name for case in CASES]
    if names == ["again"]:
        for path in sorted(Path(sys.argv[1]).glob("*.json")):
            again(path)
        return
    with tempfile.TemporaryDirectory() as nowhere:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else nowhere)
        folder.mkdir(parents=True, exist_ok=True)
        for case in CASES:
            if case.name in names:
                found = measured(case, folder / f"{case.name}.jsonl")
                written(folder / f"{case.name}.json", found)
                print(told(found), flush=True)


if __name__ == "__main__":
    main()
