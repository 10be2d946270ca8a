"""A whole selftest on this machine: look, plan, visit; everything measured lies in one recording."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from gapprof import rungs
from gapprof.backends import chromium, native
from gapprof.errors import EnvironmentUnusable
from gapprof.fast_cores import Waiting
from gapprof.guard import Guard
from gapprof.measure.beginning import begun
from gapprof.measure.ending import ending
from gapprof.measure.fastest import looked_at
from gapprof.measure.journal import open_journal
from gapprof.measure.lock import sole_measurer
from gapprof.measure.machine import machine_facts, usable_cores
from gapprof.measure.pacing import preflight_pace
from gapprof.measure.preflight import LONGEST_VISIT_S
from gapprof.measure.teller import Teller
from gapprof.measure.waits import Waits
from gapprof.records.backend import Backend
from gapprof.records.environment import Setting
from gapprof.records.progress import Observer
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from gapprof.records.subject import Subject
from gapprof.records.trial import Failure
from gapprof.selftest.burner import burning
from gapprof.selftest.extent import Extent
from gapprof.selftest.look import clean_look, plant_look, with_ladder
from gapprof.selftest.plan import Plan, Planner
from gapprof.selftest.plant import UNTOUCHED, Plant
from gapprof.selftest.setting_up import settings_of
from gapprof.selftest.tour import Backends, Tour


@dataclass(frozen=True, slots=True, kw_only=True)
class Toured:
    """What was measured, and the plan by which it is read."""

    recording: Recording
    plan: Plan


def run(
    plants: Iterable[Plant],
    extent: Extent,
    subject: Subject,
    *,
    browser: str | None,
    seed: int,
    argv: tuple[str, ...],
    recording_path: Path,
    workdir: Path,
    guard: Guard,
    observer: Observer,
) -> Toured:
    """Visit what the plants stand on, the clean ladder first among them, on this machine.

    An interruption ends the rounds but raises nothing: what was measured is returned, and `end` says so.
    Raises EnvironmentUnusable when nothing can be planted, and what the observer raises.
    """
    with ExitStack() as stack:
        stack.enter_context(sole_measurer())
        untouched = replace(UNTOUCHED, browser=browser, seed=seed)
        waits, cores = Waits(observer), usable_cores()
        backends = _backends(untouched, guard, waits.hear)
        backends("")  # what lacks is told before two seconds are spent on cores
        begin = begun(subject.facts, untouched, machine_facts(), argv=argv)
        journal = stack.enter_context(open_journal(recording_path, begin))
        outputs = workdir / "outputs"
        outputs.mkdir(exist_ok=True)
        tour = Tour(
            journal=journal,
            subject=subject,
            backends=backends,
            rungs=rungs.ladder("wasm"),
            outputs=outputs,
            seed=seed,
            burning=lambda: burning(guard, cores=cores),
            teller=Teller(observer=waits.watch, journal=journal),
            fastest=looked_at(waits, left_s=extent.waits_s),
        )
        with waits:
            return toured(tour, tuple(plants), extent, workdir=workdir, cores=cores)


def toured(tour: Tour, plants: tuple[Plant, ...], extent: Extent, *, workdir: Path, cores: int) -> Toured:
    """The same with everything given: a synthetic machine has no other way in."""
    journal = tour.journal
    plan = Plan(stops={}, titles={}, origins={}, plants=())
    with ending(journal):
        plan = _planned(tour, plants, workdir=workdir, cores=cores)
        tour.go(plan, extent, workdir=workdir)
    return Toured(recording=journal.recording(), plan=plan)


def _planned(tour: Tour, plants: tuple[Plant, ...], *, workdir: Path, cores: int) -> Plan:
    """First looks, each plant's ladder, and the stops that all of them share."""
    tour.teller.tell("preflight", "looking at the pages and at native")
    pace = preflight_pace(LONGEST_VISIT_S)

    def refuse(setting: Setting, settings: Settings) -> str | None:
        return tour.backends(settings.web_dist or "")[setting.backend].refuse(setting)

    planner = Planner(refuse)
    first, *others = plants
    untouched = settings_of(first, workdir, seed=tour.seed)
    clean = clean_look(first, untouched, tour.visits("", pace), tour.rungs, cores=cores)
    planner.lay(first, untouched, clean)
    for plant in others:
        if cores < plant.least_cores:
            planner.skip(plant, plant.settings, f"it takes {plant.least_cores} cores")
            continue
        try:
            settings = settings_of(plant, workdir, seed=tour.seed)
            visits = tour.visits(settings.web_dist or "", pace)
        except EnvironmentUnusable as error:
            planner.skip(plant, plant.settings, f"{error.message}. {error.hint}".rstrip())
            continue
        tour.teller.tell("preflight", plant.title)
        if settings == untouched:
            planner.lay(plant, settings, with_ladder(clean, plant, settings, visits, tour.rungs, cores=cores))
            continue
        seen = plant_look(plant, settings, visits, tour.rungs, clean, cores=cores)
        if isinstance(seen, Failure):
            planner.skip(plant, settings, f"its page could not be visited: {seen.message}")
        else:
            planner.lay(plant, settings, seen)
    return planner.plan


def _backends(untouched: Settings, guard: Guard, waiting: Waiting) -> Backends:
    """Native once, and one chromium for each onnxruntime-web that is served."""
    ours = native.BACKEND.open(untouched, guard, waiting)

    @cache
    def opened(web_dist: str) -> Mapping[str, Backend]:
        settings = replace(untouched, web_dist=web_dist or None)
        return {"native": ours, "chromium": chromium.BACKEND.open(settings, guard, waiting)}

    return opened
