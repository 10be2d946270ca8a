"""What `gapprof doctor` says of WebGPU: in the browser, and without one."""

from collections.abc import Iterator

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.errors import GapprofError
from gapprof.examination import Finding
from gapprof.facts.adapters import SOFTWARE_SENTENCE, differences, is_software, titled
from gapprof.gpu.graphics import here
from gapprof.gpu.replayed import InBrowser, Where, behaviour, in_node
from gapprof.gpu.toggles import UNSAFE, proofs
from gapprof.gpu.visited import Gpu
from gapprof.guard import Guard
from gapprof.records.gpu import AdapterIdentity


def webgpu(guard: Guard) -> Iterator[Finding]:
    """Each asks its adapter who it is, and its safety switches what they do."""
    try:
        browser = assets.find_browser()
    except GapprofError:
        return  # said already
    equipment = Equipment(executable=browser, probes=assets.probes_web(), guard=guard)
    graphics = here(browser)
    found = _looked("webgpu", "in the browser", InBrowser(gpu=Gpu(equipment=equipment, graphics=graphics)))
    yield found[0]
    try:
        dawn = in_node(guard, graphics)
    except GapprofError as error:
        what = f"{error.message}: WebGPU calls are replayed in the browser alone"
        yield Finding(id="dawn", status="limited", what=what, mend=error.hint)
        return
    other = _looked("dawn", "without a browser, by Dawn", dawn)
    yield _same(other[0], found[1], other[1])


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


def _same(dawn: Finding, browser: AdapterIdentity | None, other: AdapterIdentity | None) -> Finding:
    if browser is None or other is None or not (apart := differences(browser, other)):
        return dawn
    what = f"{dawn.what}; that is not the browser's adapter ({'; '.join(apart)}), so replays do not compare"
    return Finding(id="dawn", status="limited", what=what)
