"""Which programs would measure now, in the words in which a report names those that did."""

from collections.abc import Mapping
from importlib import metadata

import msgspec

from gapprof import assets
from gapprof.browser.trouble import VisitError
from gapprof.errors import EnvironmentUnusable
from gapprof.examination import browser_version
from gapprof.guard import Guard
from gapprof.records.settings import Settings

_HINT = "Run `gapprof doctor`."


def programs_here(settings: Settings, guard: Guard) -> Mapping[str, str]:
    """Starts the browser once to ask it. Raises EnvironmentUnusable, WrongUse."""
    try:
        browser = browser_version(assets.find_browser(settings.browser), guard)
    except VisitError as trouble:
        raise EnvironmentUnusable(trouble.message, hint=trouble.hint or _HINT) from trouble
    package = assets.web_dist(settings.web_dist).parent / "package.json"
    try:
        web = str(msgspec.json.decode(package.read_bytes(), type=dict).get("version", ""))
    except (OSError, msgspec.DecodeError):  # a build of one's own
        web = ""
    found = {"browser": browser, "onnxruntime": metadata.version("onnxruntime"), "onnxruntime-web": web}
    return {program: version for program, version in found.items() if version}
