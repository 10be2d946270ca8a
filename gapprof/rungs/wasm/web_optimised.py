"""The page as deployed with the file that native onnxruntime saves at EXTENDED level."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.web import RUNG as PARENT

RUNG = Rung(
    id="web-optimised",
    title="As deployed, with the file as native saves it",
    environment=replace(PARENT.environment, graph="common"),
    derived_from=PARENT.id,
    changes="graph",
    role="side",
    visited="to-verify",
    informs="library",
)
