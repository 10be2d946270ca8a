"""No bounds checks at all: what wasm's memory safety costs here."""

from msgspec.structs import replace

from gapprof.records.rung import Rung, Told
from gapprof.rungs.wasm.web_worker import RUNG as PARENT

RUNG = Rung(
    id="web-unchecked",
    title="Without bounds checks",
    environment=replace(PARENT.environment, flags="unchecked"),
    derived_from=PARENT.id,
    changes="flags",
    role="side",
    informs="runtime",
    told=Told(words="V8's bounds and stack checks cost", inverse=True),
)
