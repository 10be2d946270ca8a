"""The built-in page at twice the load: how contention grows with what a page does."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.web_paced import RUNG as PARENT

RUNG = Rung(
    id="web-busier",
    title="On the built-in page, busier still",
    environment=replace(PARENT.environment, page="busier"),
    derived_from=PARENT.id,
    changes="page",
    role="side",
    informs="contention",
)
