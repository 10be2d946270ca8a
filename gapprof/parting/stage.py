"""The step after a run on WebGPU whose outputs differ from native ones: the node at which they part."""

import time
from collections.abc import Iterator
from pathlib import Path

from gapprof import assets
from gapprof.browser.trouble import VisitError
from gapprof.browser.visit import Equipment
from gapprof.errors import EnvironmentUnusable, ModelUnusable, WrongUse
from gapprof.explain.outputs import condemning_checks
from gapprof.facts.case import Case
from gapprof.gpu.graphics import here
from gapprof.gpu.visited import Gpu
from gapprof.guard import Guard
from gapprof.measure.extra import Beyond, Extra, UnreachableError
from gapprof.parting.graph import graph_of
from gapprof.parting.looking import Looking
from gapprof.parting.search import Search
from gapprof.records.parting import Parting
from gapprof.records.settings import Settings
from gapprof.records.trial import OutputCheck
from gapprof.subject.stage import parse

_PAGE, _NATIVE = "chromium", "native"


def finding_the_parting(settings: Settings, *, guard: Guard, scratch: Path) -> Extra:
    """Bound to one run of this machine. Where outputs agree nothing is done; what keeps it from being found
    is written down."""
    browser = assets.find_browser(settings.browser)
    equipment = Equipment(executable=browser, probes=assets.probes_web(), guard=guard)
    gpu, dist = Gpu(equipment=equipment, graphics=here(browser)), assets.web_dist(settings.web_dist)

    def finding(beyond: Beyond) -> None:
        checks = _of_last_page(beyond)
        if not checks:
            return
        rung, reference = checks[0].rung, checks[0].reference
        beyond.teller.tell("parting", "looking for the node at which outputs part", rung=rung)
        search: Search | None = None
        began, why = time.monotonic(), ""
        try:
            looking = _looking(beyond, checks, settings, scratch)
            search = looking.search
            looking.go(gpu, dist=dist)
        except (UnreachableError, EnvironmentUnusable, ModelUnusable, WrongUse, VisitError, OSError) as error:
            why = str(error)
        beyond.journal.write(
            Parting(
                rung=rung,
                reference=reference,
                took_s=time.monotonic() - began,
                looks=search.looks if search else 0,
                between=tuple(search.between) if search else (),
                healed=search.healed if search else False,
                why=why or (search.why if search else ""),
            )
        )
        beyond.teller.tell("parting", "looked for the node at which outputs part", completed=True)

    return finding


def _of_last_page(beyond: Beyond) -> list[OutputCheck]:
    """All outputs of the last rung on which the library runs in a page and one of them differs."""
    recording = beyond.journal.recording()
    wrong = {check.rung for check in condemning_checks(Case(recording))}
    pages = [step.rung.id for step in beyond.preflight.ladder if step.rung.environment.backend == _PAGE]
    last = next((rung for rung in reversed(pages) if rung in wrong), None)
    return [check for check in recording.of(OutputCheck) if check.rung == last]


def _looking(beyond: Beyond, checks: list[OutputCheck], settings: Settings, scratch: Path) -> Looking:
    """Raises UnreachableError where the two sides have no graph in common, or native ran on a GPU as well;
    ModelUnusable, OSError."""
    page, native = (
        beyond.job(rung, beyond.next_round(), seed=settings.seed)
        for rung in (checks[0].rung, checks[0].reference)
    )
    for why in _apart(page.model_path != native.model_path, native.setting.backend, native.setting.device):
        raise UnreachableError(why)
    folder = scratch / "parting"
    folder.mkdir(exist_ok=True)
    model = parse(Path(page.model_path))
    search = Search(graph=graph_of(model), outputs=checks)
    return Looking(page=page, native=native, model=model, search=search, scratch=folder)


def _apart(other_graph: bool, backend: str, device: str) -> Iterator[str]:
    """What keeps the outputs of single nodes from being compared."""
    if other_graph:
        yield "both sides ran graphs of their own"
    if (backend, device) != (_NATIVE, "cpu"):
        yield "what the outputs are held against did not run on the processor"
