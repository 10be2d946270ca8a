"""Native against native: six rungs, one environment."""

from gapprof.selftest.plant import Nothing, Plant, Twins

PLANT = Plant(
    id="native-null",
    title="Native against native",
    twins=Twins(
        of="native-threads",
        rungs=(
            "native",
            "native-threads",
            "native-extended",
            "native-all-128",
            "native-128",
            "web-worker",
        ),
    ),
    expects=(Nothing(),),
    quick=True,
)
