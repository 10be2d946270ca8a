"""What `gapprof doctor` says of GPUs: in the browser, without one, and natively."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.errors import GapprofError
from gapprof.examination import Finding
from gapprof.facts.adapters import SOFTWARE_SENTENCE, differences, is_software, titled
from gapprof.gpu import drivers, natively
from gapprof.gpu.graphics import here
from gapprof.gpu.renderer import renderer
from gapprof.gpu.replayed import InBrowser, Where, behaviour, in_node
from gapprof.gpu.toggles import UNSAFE, proofs
from gapprof.gpu.visited import Gpu
from gapprof.guard import Guard
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.rung import Rung

NATIVE = "it needs --native-python, and an interpreter with a provider for this GPU"
_REPLAYED_BY = {"dawn": "dawn", "web-replay": "webgpu"}
"""Backend of a replay → what it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was found, and why what is missing is missing."""

    findings: tuple[Finding, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    """`webgpu`, `webgl` or `dawn` → why there is none."""

    def refusal(self, rung: Rung) -> str | None:
        """Why a rung of a ladder that leads to a GPU cannot be measured; None: no GPU keeps it from that."""
        asked = rung.environment
        if asked.device != "gpu":
            return None
        if asked.backend == "native":
            return NATIVE
        if asked.backend in _REPLAYED_BY and "webgpu" in self.refused:
            return self.refused["webgpu"]  # what is replayed is recorded there
        return self.refused.get(_REPLAYED_BY.get(asked.backend, asked.gpu_api))


def examined(guard: Guard) -> Examined:
    """Each asks its adapter who it is, and its safety switches what they do. Without a browser: nothing."""
    try:
        browser = assets.find_browser()
    except GapprofError:
        return Examined()  # said already
    graphics = here(browser)
    gpu = Gpu(
        equipment=Equipment(executable=browser, probes=assets.probes_web(), guard=guard), graphics=graphics
    )
    driver = drivers.finding(drivers.here())
    page, on_page = _looked("webgpu", "in the browser", InBrowser(gpu=gpu))
    drawn, why_not_drawn = _webgl(gpu)
    refused = {} if on_page is not None else {"webgpu": page.what}
    refused |= {"webgl": why_not_drawn} if why_not_drawn else {}
    try:
        dawn, on_dawn = _looked("dawn", "without a browser, by Dawn", in_node(guard, graphics))
    except GapprofError as error:
        refused["dawn"] = error.message
        what = f"{error.message}: WebGPU calls are replayed in the browser alone"
        dawn = Finding(id="dawn", status="limited", what=what, mend=error.hint)
    else:
        refused |= {} if on_dawn is not None else {"dawn": dawn.what}
        dawn = _same(dawn, on_page, on_dawn)
    found = (page, dawn, drawn, natively.here())
    return Examined(findings=found if driver is None else (driver, *found), refused=refused)


def _looked(name: str, where: str, place: Where) -> tuple[Finding, AdapterIdentity | None]:
    try:
        seen = behaviour(place, UNSAFE)
    except GapprofError as error:
        what = f"no WebGPU {where}: {error.message}"
        return Finding(id=name, status="limited", what=what, mend=error.hint), None
    what = f"WebGPU {where} on {titled(seen.adapter)}"
    idle = [proof.toggle for proof in proofs(UNSAFE, seen) if proof.works is False]
    if idle:
        what = f"{what}; it does not heed {', '.join(idle)}"
    if is_software(seen.adapter):
        what = f"{what}; {SOFTWARE_SENTENCE}"
    sound = not idle and not is_software(seen.adapter)
    return Finding(id=name, status="ok" if sound else "limited", what=what), seen.adapter


def _webgl(gpu: Gpu) -> tuple[Finding, str]:
    """And why there is none; empty: there is."""
    try:
        found, hint = renderer(gpu), "chrome://gpu says why."
        why = "" if found is not None else "this browser gives a page no WebGL"
    except GapprofError as error:
        found, why, hint = None, f"no WebGL in the browser: {error.message}", error.hint
    if found is None:
        return Finding(id="webgl", status="limited", what=why, mend=hint), why
    what = f"WebGL in the browser on {titled(found)}"
    if is_software(found):
        return Finding(id="webgl", status="limited", what=f"{what}; {SOFTWARE_SENTENCE}"), ""
    return Finding(id="webgl", status="ok", what=what), ""


def _same(dawn: Finding, browser: AdapterIdentity | None, other: AdapterIdentity | None) -> Finding:
    if browser is None or other is None or not (apart := differences(browser, other)):
        return dawn
    what = f"{dawn.what}; that is not the browser's adapter ({'; '.join(apart)}), so replays do not compare"
    return Finding(id="dawn", status="limited", what=what)
