"""The page as deployed, served without COOP and COEP: what it takes where those headers are missing."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.web import RUNG as PARENT

RUNG = Rung(
    id="web-unisolated",
    title="As deployed, but not cross-origin isolated",
    environment=replace(PARENT.environment, page="user-unisolated"),
    derived_from=PARENT.id,
    changes="page",
    role="side",
    visited="to-reproduce",
    informs="threads",
)
