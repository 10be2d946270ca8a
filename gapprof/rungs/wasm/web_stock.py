"""The page as deployed in a browser without the user's flags."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.web import RUNG as PARENT

RUNG = Rung(
    id="web-stock",
    title="As deployed, without your browser flags",
    environment=replace(PARENT.environment, flags="stock"),
    derived_from=PARENT.id,
    changes="flags",
    role="side",
    visited="to-verify",
    informs="runtime",
)
