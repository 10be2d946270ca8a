"""Before any round: whether the safety switches of a rung do what they say, seen by a visit of its own."""

from collections.abc import Callable

from gapprof import assets
from gapprof.errors import GapprofError
from gapprof.gpu.graphics import Graphics, here
from gapprof.gpu.replayed import behaviour, in_node
from gapprof.gpu.toggles import DEFAULT, idle, proofs
from gapprof.guard import Guard
from gapprof.records.environment import Setting
from gapprof.records.gpu import Toggles
from gapprof.records.settings import Settings

_PLACE = "dawn"
"""Where switches are turned. What a browser does by itself, and by the user's own flags, is the subject."""


def proving_switches(settings: Settings, guard: Guard) -> Callable[[Setting], str | None]:
    """Why a setting's figures would be of something else; None: nothing is known against it.

    Each set of switches costs a process. Raises EnvironmentUnusable or WrongUse without a browser.
    """
    graphics = here(assets.find_browser(settings.browser))
    known: dict[tuple[str, ...], str | None] = {}

    def why_not(setting: Setting) -> str | None:
        if setting.backend != _PLACE:
            return None
        if setting.toggles not in known:
            known[setting.toggles] = _why_not(guard, graphics, setting.toggles)
        return known[setting.toggles]

    return why_not


def _why_not(guard: Guard, graphics: Graphics, enabled: tuple[str, ...]) -> str | None:
    """A visit that comes to nothing proves nothing: whatever ended it meets the replays as well."""
    toggles = Toggles(enabled=enabled, disabled=DEFAULT.disabled)
    try:
        return idle(proofs(toggles, behaviour(in_node(guard, graphics), toggles)))
    except GapprofError:
        return None
