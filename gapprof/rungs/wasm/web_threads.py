"""The isolated page with one thread per core: what more threads would give."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.web_isolated import RUNG as PARENT

RUNG = Rung(
    id="web-threads",
    title="As deployed and isolated, with every core",
    environment=replace(PARENT.environment, threads="machine"),
    derived_from=PARENT.id,
    changes="threads",
    role="side",
    visited="if-wanted",
    informs="threads",
)
