"""The page as deployed with the model in a worker: what leaving the main thread would give."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.web import RUNG as PARENT

RUNG = Rung(
    id="web-in-worker",
    title="As deployed, but in a worker",
    environment=replace(PARENT.environment, where="worker"),
    derived_from=PARENT.id,
    changes="where",
    role="side",
    visited="to-verify",
    informs="contention",
)
