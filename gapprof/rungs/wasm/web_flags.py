"""The worker again with the user's V8 and browser flags."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.web_worker import RUNG as PARENT

RUNG = Rung(
    id="web-flags",
    title="… with your browser flags",
    environment=replace(PARENT.environment, flags="user"),
    derived_from=PARENT.id,
    changes="flags",
    role="main",
)
