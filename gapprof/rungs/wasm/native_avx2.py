"""Native held to AVX2 and FMA: what is lost when 512-bit vectors and VNNI go."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.native_extended import RUNG as PARENT

RUNG = Rung(
    id="native-avx2",
    title="Native with AVX2, common graph",
    environment=replace(PARENT.environment, isa="avx2"),
    derived_from=PARENT.id,
    changes="isa",
    role="side",
    informs="simd",
    takes_away="512-bit vectors, masks and VNNI",
)
