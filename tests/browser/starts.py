"""Starts in real Chromium, by the state of the caches, and what a report says of their stages."""

from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.facts.started import PAGE, stages_over_observed
from gapprof.records.cold import Creations, Start
from gapprof.records.job import Job
from gapprof.records.trial import Failure
from tests.truth.recorder import record

PLANTED_MS = 1500
LATE_FETCH = """
const own = globalThis.fetch;
globalThis.fetch = async (what, ...more) => {
  if (String(what).includes(".onnx")) await new Promise((done) => setTimeout(done, %d));
  return own(what, ...more);
};
"""
LATE_WORKER = """
const post = Worker.prototype.postMessage;
let late = null;
Worker.prototype.postMessage = function (...given) {
  late ??= new Promise((done) => setTimeout(done, %d));
  late.then(() => post.apply(this, given));
};
"""
SLOW_CLOCK = """
const own = performance.now.bind(performance);
performance.now = () => 0.9 * own();
"""
OWN_CONSOLE = "console.debug = () => {};"
PLANTS = {"main": ("fetch", LATE_FETCH % PLANTED_MS), "worker": ("worker", LATE_WORKER % PLANTED_MS)}
"""Where the model is → a stage, and a page in which it takes seconds on every machine: beside them what lies
between two stages, and no stage has, is little on a slow machine and a busy one as well."""


def patient(job: Job) -> Job:
    return replace(job, pace=replace(job.pace, deadline_s=300.0))


def starts(found: tuple[Start | Creations, ...] | Failure) -> dict[str, Start]:
    assert not isinstance(found, Failure), found
    return {one.cache: one for one in found if isinstance(one, Start)}


def apart(start: Start) -> float:
    return abs(stages_over_observed(start) - 1)


def holds_all_stages(start: Start) -> bool:
    """Whether from the order to start to the first result at least as long was seen from outside as the page
    says; but for its loading, which is read off another clock."""
    inside_ms = sum(ms for stage, ms in start.stages_ms.items() if stage != PAGE)
    return inside_ms <= 1.005 * start.observed_ms


def checked(*found: Start) -> str:
    """What a report with these starts alone says of their stages."""
    recording = record(Machine(latency_ms=ladder_ms({"web-worker": 8.0})))
    report = build(replace(recording, entries=(*recording.entries, *found)))
    return next(check.status for check in report.checks if check.id == "start-stages")
