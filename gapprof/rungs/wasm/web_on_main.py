"""The page as deployed with the model on its main thread, where it has it in a worker."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.web import RUNG as PARENT

RUNG = Rung(
    id="web-on-main",
    title="As deployed, but on the main thread",
    environment=replace(PARENT.environment, where="main"),
    derived_from=PARENT.id,
    changes="where",
    role="side",
    visited="to-reproduce",
    informs="contention",
)
