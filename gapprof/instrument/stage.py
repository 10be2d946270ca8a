"""The stage that `explain --instrument` adds: the served wasm taken apart, sampled, rewritten and run
again."""

from pathlib import Path

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.browser.wasm import digest
from gapprof.errors import EnvironmentUnusable, WrongUse
from gapprof.facts.profiles import WEB
from gapprof.guard import Guard
from gapprof.instrument.chosen import hot_functions
from gapprof.instrument.visits import Inside, Looked
from gapprof.measure.extra import Beyond, Extra
from gapprof.records.inside import WasmBuild
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal, StagedModel
from gapprof.records.trial import Failure
from gapprof.wasm.hooks import Hooked, hooked
from gapprof.wasm.inspect import inspected
from gapprof.wasm.module import Module, parsed

PASSES = 3
"""As few as have a spread."""
_PATIENCE = 3
"""Times a visit's deadline: three sessions are opened and warmed up in one of these."""
_TWO_MEMORIES = "this browser takes no wasm with two memories, which hooks need (Chromium has it since 120)"


class RefusedError(Exception):
    """Its text says why nothing, or nothing more, can be told from inside."""


def instrumenting(settings: Settings, *, guard: Guard) -> Extra:
    """Bound to one run of this machine."""

    def tell(beyond: Beyond) -> None:
        try:
            _told(settings, guard, beyond)
        except RefusedError as why:
            beyond.journal.note("report", f"--instrument tells nothing, or not all: {why}")
        except (EnvironmentUnusable, WrongUse) as error:
            beyond.journal.note("report", f"--instrument broke off: {error.message}")

    return tell


def _told(settings: Settings, guard: Guard, beyond: Beyond) -> None:
    journal, teller, threads = beyond.journal, beyond.teller, beyond.preflight.page_threads
    job = _job(beyond, settings)
    dist = assets.web_dist(settings.web_dist)
    equipment = Equipment(
        executable=assets.find_browser(settings.browser), probes=assets.probes_web(), guard=guard
    )
    inside = Inside(equipment=equipment, dist=dist, now_s=journal.now_s)
    teller.tell("inside", "sampling the functions of the wasm")
    looked = inside.looked(job)
    if isinstance(looked, Failure):
        raise RefusedError(f"the sampled visit failed ({looked.phase}): {looked.message}")
    module = _module(dist / looked.file)
    journal.write(_build(module, dist / looked.file, looked))
    journal.write(looked.samples)
    if threads > 1:
        journal.note(
            "report",
            f"--instrument ran the model in one thread, and the page has {threads}: hooks see "
            "the calls of one thread alone, and so they see all of them",
        )
    build = rewritten(module, looked)
    first = beyond.next_round()
    for number in range(PASSES):
        teller.tell("inside", "running the rewritten wasm", round_number=number, planned=PASSES)
        found = inside.hooked(replace(job, round=first + number), build, file=looked.file)
        if isinstance(found, Failure):
            raise RefusedError(f"the rewritten wasm failed ({found.phase}): {found.message}")
        journal.write(found)
    teller.tell("inside", "looked inside", completed=True)


def _job(beyond: Beyond, settings: Settings) -> Job:
    subject, preflight, step = beyond.subject, beyond.preflight, beyond.step(WEB)
    if isinstance(subject.common, NativeRefusal):
        raise RefusedError(f"there is no common graph: {subject.common.message}")
    if step.refusal or step.setting is None or not isinstance(subject.common, StagedModel):
        raise RefusedError(f"{WEB}: {step.refusal or 'it has no setting'}")
    return Job(
        rung=WEB,
        round=0,
        seed=settings.seed,
        setting=replace(step.setting, threads=1),
        model_path=str(subject.common.path),
        external_data=subject.common.external_data,
        optimise=False,
        inputs_path=str(subject.inputs_path),
        outputs_path="",
        pace=replace(preflight.pace, deadline_s=_PATIENCE * preflight.pace.deadline_s),
    )


def _module(file: Path) -> Module:
    try:
        return parsed(file.read_bytes())
    except (OSError, ValueError) as error:
        raise RefusedError(f"{file.name} cannot be taken apart: {error}") from error


def _build(module: Module, file: Path, looked: Looked) -> WasmBuild:
    try:
        found = inspected(module)
    except (ValueError, IndexError) as error:
        raise RefusedError(f"{file.name} cannot be taken apart: {error}") from error
    return WasmBuild(
        file=looked.file,
        sha256=digest(file),
        functions=found.functions,
        instructions=dict(found.instructions),
        shared_memory=found.shared_memory,
        browser=looked.browser,
        products=looked.products,
    )


def rewritten(module: Module, looked: Looked) -> Hooked:
    """With hooks on the functions that most samples fell into. Raises RefusedError."""
    hot = hot_functions(looked.samples)
    if not hot:
        named = ": this build names its functions, and samples are told by index" if module.named else ""
        raise RefusedError(f"no sample fell into a function of the wasm{named}")
    if not looked.browser.get("multi-memory"):
        raise RefusedError(_TWO_MEMORIES)
    try:
        return hooked(module, hot)
    except (ValueError, IndexError) as error:
        raise RefusedError(f"{looked.file} cannot be rewritten: {error}") from error
