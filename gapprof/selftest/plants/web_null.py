"""Web against web: four rungs, one environment."""

from gapprof.selftest.plant import Nothing, Plant, Twins

PLANT = Plant(
    id="web-null",
    title="Web against web",
    twins=Twins(of="web-worker", rungs=("native", "web-worker", "web-graph", "web")),
    expects=(Nothing(),),
)
