"""The debugger that an open DevTools has on: what a page pays while somebody looks at it."""

from msgspec.structs import replace

from gapprof.records.rung import Rung, Told
from gapprof.rungs.wasm.web_flags import RUNG as PARENT

RUNG = Rung(
    id="web-debugged",
    title="With the debugger of DevTools on",
    environment=replace(PARENT.environment, debugger="on"),
    derived_from=PARENT.id,
    changes="debugger",
    role="side",
    visited="to-reproduce",
    informs="runtime",
    told=Told(words="An open DevTools, by its debugger, would cost"),
)
