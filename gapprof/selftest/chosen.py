"""Which plants a run plants: every file of the folder, or those of `--quick`; the clean ladder first."""

import gapprof.selftest.plants
from gapprof import registry
from gapprof.selftest.plant import CLEAN, Plant


def every_plant() -> tuple[Plant, ...]:
    """All of them."""
    found: dict[str, Plant] = dict(registry.load(gapprof.selftest.plants, "PLANT"))
    return (found.pop(CLEAN), *found.values())


def quick_plants() -> tuple[Plant, ...]:
    """Those that fit into four minutes."""
    return tuple(plant for plant in every_plant() if plant.quick)
