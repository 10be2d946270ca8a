"""Explicit bounds checks in wasm instead of guard pages."""

from msgspec.structs import replace

from gapprof.records.rung import Rung, Told
from gapprof.rungs.wasm.web_worker import RUNG as PARENT

RUNG = Rung(
    id="web-checked",
    title="With explicit bounds checks",
    environment=replace(PARENT.environment, flags="checked"),
    derived_from=PARENT.id,
    changes="flags",
    role="side",
    informs="runtime",
    told=Told(words="Explicit bounds checks would cost"),
)
