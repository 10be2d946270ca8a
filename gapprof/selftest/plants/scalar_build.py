"""onnxruntime-web 1.18 without SIMD, against the same release with it; its outputs are gated as all are."""

from gapprof.facts.computed import VECTORISED
from gapprof.selftest.plant import SCALAR_118, Costs, Leg, Pair, Plant

PLANT = Plant(
    id="scalar-build",
    title="onnxruntime-web 1.18 without SIMD",
    web_dist=SCALAR_118,
    side=("web-simd-118", "web-scalar"),
    expects=(
        Costs(
            cause="simd",
            child="scalar-build",
            between=(VECTORISED, "web-worker"),
            pair=Pair(
                planted=Leg(rung="web-worker"), without=Leg(rung="web-worker", change={"build": "1.18-simd"})
            ),
        ),
    ),
)
