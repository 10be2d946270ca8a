"""The page as deployed, served with COOP and COEP: what isolation (and the threads it allows) would give."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.web import RUNG as PARENT

RUNG = Rung(
    id="web-isolated",
    title="As deployed, but cross-origin isolated",
    environment=replace(PARENT.environment, page="user-isolated"),
    derived_from=PARENT.id,
    changes="page",
    role="side",
    visited="if-wanted",
    informs="threads",
)
