"""Two threads asked for on a page without COOP and COEP, which gets one."""

from msgspec.structs import replace

from gapprof.selftest.plant import UNTOUCHED, Costs, Leg, Pair, Plant

PLANT = Plant(
    id="no-isolation",
    title="Two threads asked for without COOP and COEP",
    settings=replace(UNTOUCHED, threads=2, isolation=False),
    side=("web-isolated",),
    expects=(
        Costs(
            cause="threads",
            child="threads",
            between=("web-isolated", "web"),
            pair=Pair(planted=Leg(rung="web"), without=Leg(rung="web-isolated")),
        ),
    ),
    least_cores=2,
)
