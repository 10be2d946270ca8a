"""Native with as many threads as the page really gets: what threads alone cost."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.native import RUNG as PARENT

RUNG = Rung(
    id="native-threads",
    title="Native, with the page's threads",
    environment=replace(PARENT.environment, threads="page"),
    derived_from=PARENT.id,
    changes="threads",
    role="main",
    visits=2,
)
