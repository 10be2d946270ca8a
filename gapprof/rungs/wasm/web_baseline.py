"""V8's baseline tier only: what a page pays that never reaches the optimising tier."""

from msgspec.structs import replace

from gapprof.records.rung import Rung, Told
from gapprof.rungs.wasm.web_worker import RUNG as PARENT

RUNG = Rung(
    id="web-baseline",
    title="With V8's baseline compiler only",
    environment=replace(PARENT.environment, flags="baseline"),
    derived_from=PARENT.id,
    changes="flags",
    role="side",
    informs="runtime",
    told=Told(words="V8's baseline tier alone would cost"),
)
