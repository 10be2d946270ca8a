"""The bench page with every core: what threads give there predicts what they would give the user's page."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.web_paced import RUNG as PARENT

RUNG = Rung(
    id="web-paced-threads",
    title="On a quiet page, with every core",
    environment=replace(PARENT.environment, threads="machine"),
    derived_from=PARENT.id,
    changes="threads",
    role="side",
    visited="to-verify",
    informs="threads",
)
