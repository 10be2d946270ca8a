"""On the main thread, where the page runs the model there."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.web_graph import RUNG as PARENT

RUNG = Rung(
    id="web-main",
    title="… where your page runs it",
    environment=replace(PARENT.environment, where="user"),
    derived_from=PARENT.id,
    changes="where",
    role="main",
)
