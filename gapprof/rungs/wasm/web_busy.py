"""The built-in busy page instead of the user's: shows contention where the user's page is quiet."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.web_paced import RUNG as PARENT

RUNG = Rung(
    id="web-busy",
    title="On the built-in busy page",
    environment=replace(PARENT.environment, page="busy"),
    derived_from=PARENT.id,
    changes="page",
    role="side",
    passes=("trace",),
    visited="always",
    informs="contention",
)
