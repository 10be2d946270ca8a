"""Native on the common EXTENDED graph: without layouts that exist only natively (NCHWc)."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.native_threads import RUNG as PARENT

RUNG = Rung(
    id="native-extended",
    title="Native, common graph",
    environment=replace(PARENT.environment, graph="common"),
    derived_from=PARENT.id,
    changes="graph",
    role="square",
    visits=2,
    passes=("profile",),
)
