"""First looks: what the page of a plant really gets, and the ladder that follows from it."""

from collections.abc import Mapping

from msgspec.structs import replace

from gapprof.errors import EnvironmentUnusable
from gapprof.measure.preflight import conclude, look
from gapprof.measure.resolve import asked_threads, ladder, resolve
from gapprof.measure.visits import Visits
from gapprof.records.environment import Setting
from gapprof.records.recording import PlannedRung, Preflight
from gapprof.records.rung import Rung
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure
from gapprof.selftest.plan import rungs_for
from gapprof.selftest.plant import Plant


def clean_look(
    plant: Plant, settings: Settings, visits: Visits, rungs: Mapping[str, Rung], *, cores: int
) -> Preflight:
    """As `explain` begins; its pace is that of every plant. EnvironmentUnusable where a side does not run."""
    named = {name: replace(rungs[name], id=f"{plant.id}.{name}") for name in ("native", "web")}
    first = look(visits, named, settings, cores=cores)
    for side, outcome in (("native", first.native), ("the browser", first.page)):
        if isinstance(outcome, Failure):
            raise EnvironmentUnusable(
                f"nothing can be planted: {side} does not run the model of the selftest: {outcome.message}",
                hint=outcome.hint or "Run `gapprof doctor`.",
            )
    return conclude(
        first, rungs_for(plant, rungs), settings, visits.backends, cores=cores, wanted=frozenset()
    )


def plant_look(
    plant: Plant,
    settings: Settings,
    visits: Visits,
    rungs: Mapping[str, Rung],
    clean: Preflight,
    *,
    cores: int,
) -> Preflight | Failure:
    """A visit to the plant's page, and the plant's ladder; a page that cannot be visited says why."""
    asked = settings.threads if settings.threads is not None else asked_threads(settings, cores)
    setting = resolve(
        rungs["web"].environment,
        settings,
        cores=cores,
        page_cores=cores,
        page_threads=asked,
        page_isolated=settings.isolation,
    )
    step = PlannedRung(rung=replace(rungs["web"], id=f"{plant.id}.web"), setting=setting)
    outcome = visits.preflight(step)
    if isinstance(outcome, Failure):
        return outcome
    return with_ladder(
        replace(clean, page_threads=outcome.seen.threads, page_seen=outcome.seen),
        plant,
        settings,
        visits,
        rungs,
        cores=cores,
    )


def with_ladder(
    seen: Preflight,
    plant: Plant,
    settings: Settings,
    visits: Visits,
    rungs: Mapping[str, Rung],
    *,
    cores: int,
) -> Preflight:
    """The plant's rungs for a page that was seen."""
    page = seen.page_seen
    isolated = settings.isolation if page is None or page.isolated is None else page.isolated

    def refuse(setting: Setting) -> str | None:
        backend = visits.backends.get(setting.backend)
        return backend.refuse(setting) if backend else f"no backend can realise {setting.backend!r}"

    steps = ladder(
        rungs_for(plant, rungs),
        settings,
        cores=cores,
        page_cores=(page and page.hardware_concurrency) or cores,
        page_threads=seen.page_threads,
        page_isolated=isolated,
        refuse=refuse,
    )
    return replace(seen, ladder=steps)
