"""A page that switches onnxruntime-web's optimiser off: unfused norms and needless transpositions stay."""

from gapprof.selftest.plant import AS_IS, Costs, Leg, Pair, Plant

_UNOPTIMISED = {"graph": AS_IS}

PLANT = Plant(
    id="undone-fusion",
    title="Fusions undone, needless transpositions kept",
    visited_as={"web-graph": _UNOPTIMISED, "web-paced": _UNOPTIMISED},
    expects=(
        Costs(
            cause="library",
            child="graph",
            between=("web-flags", "web-graph"),
            pair=Pair(
                planted=Leg(rung="web-graph", change=_UNOPTIMISED),
                without=Leg(rung="web-graph", change={"graph": "own"}),
            ),
        ),
    ),
)
