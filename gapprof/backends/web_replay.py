"""The page's WebGPU calls, replayed in a page that does nothing else, without the library that made them."""

from dataclasses import dataclass

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.fast_cores import Waiting, unheard
from gapprof.gpu.graphics import here
from gapprof.gpu.replayed import InBrowser
from gapprof.gpu.replaying import ReplayBackend
from gapprof.gpu.visited import Gpu
from gapprof.guard import Guard
from gapprof.records.backend import Backend
from gapprof.records.environment import Setting
from gapprof.records.settings import Settings


@dataclass(frozen=True, slots=True)
class _Opener:
    id: str = "web-replay"

    def open(self, settings: Settings, guard: Guard, _waiting: Waiting = unheard) -> Backend:
        """Raises EnvironmentUnusable or WrongUse without a browser."""
        browser = assets.find_browser(settings.browser)
        equipment = Equipment(executable=browser, probes=assets.probes_web(), guard=guard)
        gpu = Gpu(equipment=equipment, graphics=here(browser))

        def where(setting: Setting) -> InBrowser:
            return InBrowser(
                gpu=gpu,
                browser_args=setting.browser_args,
                js_flags=setting.js_flags,
                where=setting.where,
            )

        return ReplayBackend(id=self.id, where=where)


BACKEND = _Opener()
