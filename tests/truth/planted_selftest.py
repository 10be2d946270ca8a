"""Reports of the selftest on a synthetic machine, and machines that are not as they should be."""

from collections.abc import Callable
from pathlib import Path

from gapprof.records.job import Job
from gapprof.records.selftest import Selftest, SelftestRow
from gapprof.selftest.chosen import every_plant
from gapprof.selftest.report import selftest_of
from tests.truth.planted_machine import Priced, honest, visit

PLANTS = {plant.id: plant for plant in every_plant()}


def report_of(machine: Priced, folder: Path, *plants: str, vague_until_s: float = 3600.0) -> Selftest:
    """These plants, or all."""
    chosen = (PLANTS["clean"], *(PLANTS[name] for name in plants)) if plants else tuple(PLANTS.values())
    found = visit(machine, chosen, folder, vague_until_s=vague_until_s)
    return selftest_of(found.plan, found.recording)


def rows(report: Selftest, plant: str) -> list[SelftestRow]:
    return [row for row in report.rows if row.plant == plant]


def only(report: Selftest, plant: str) -> SelftestRow:
    (row,) = rows(report, plant)
    return row


def unequal(rung: str, times: float) -> Callable[[Job], float]:
    """A machine on which one stop costs more than its setting says, as a wrong ladder would have it."""
    return lambda job: honest(job) * (times if job.rung == rung else 1.0)


def blind(job: Job) -> float:
    """The A/B shows the flags' cost, the ladder's own visits with the flags do not."""
    return honest(job) / (2.0 if job.rung == "baseline-tier.web-flags" else 1.0)
