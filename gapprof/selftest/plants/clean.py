"""Nothing planted: what the others are compared with. No row of its own."""

from gapprof.selftest.plant import CLEAN, Plant

PLANT = Plant(id=CLEAN, title="Nothing planted", expects=(), quick=True)
