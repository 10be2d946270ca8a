"""The page's WebGPU calls, replayed by Dawn in Node: the same implementation without a browser around it."""

from dataclasses import dataclass
from functools import partial

from gapprof import assets
from gapprof.fast_cores import Waiting, unheard
from gapprof.gpu.graphics import Graphics, here
from gapprof.gpu.replayed import InNode, in_node
from gapprof.gpu.replaying import ReplayBackend
from gapprof.guard import Guard
from gapprof.records.backend import Backend
from gapprof.records.environment import Setting
from gapprof.records.settings import Settings


@dataclass(frozen=True, slots=True)
class _Opener:
    id: str = "dawn"

    def open(self, settings: Settings, guard: Guard, _waiting: Waiting = unheard) -> Backend:
        """Raises EnvironmentUnusable or WrongUse without a browser, whose software adapter Dawn shares."""
        graphics = here(assets.find_browser(settings.browser))
        return ReplayBackend(id=self.id, where=partial(_where, guard, graphics))


BACKEND = _Opener()


def _where(guard: Guard, graphics: Graphics, _setting: Setting) -> InNode:
    return in_node(guard, graphics)
