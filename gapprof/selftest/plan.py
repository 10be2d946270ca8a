"""Which environments a round visits, each once, however many plants stand on it. Pure."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from gapprof.measure.resolve import with_refusal
from gapprof.records.environment import Setting
from gapprof.records.recording import PlannedRung, Preflight
from gapprof.records.rung import Rung
from gapprof.records.settings import Settings
from gapprof.selftest.plant import (
    CLEAN,
    Costs,
    Expectation,
    Flagged,
    Leg,
    Nothing,
    Plant,
    Shrinks,
    Twins,
)

_NOT_NEEDED = "not visited: no row of this plant needs it"

Refuse = Callable[[Setting, Settings], str | None]
"""Why this machine cannot give a setting, with the onnxruntime-web that the settings name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """An environment that every round visits. Two copies of one differ in nothing but their number."""

    setting: Setting
    web_dist: str
    """Folder of the onnxruntime-web that is served; empty: the pinned one, or none at all."""
    under_load: bool
    copy: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The stops of a direct A/B."""

    planted: str
    without: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A plant on this machine."""

    plant: Plant
    settings: Settings
    preflight: Preflight | None
    """None only where the plant is impossible here."""
    stops: Mapping[str, str] = field(default_factory=dict)
    """Rung → its stop; aliases and refused rungs have none."""
    calm: Mapping[str, str] = field(default_factory=dict)
    """The same for the ladder without load, which one under load is held against; empty for all others."""
    pairs: tuple[Measured | None, ...] = ()
    """One per expectation; None where it needs no A/B."""
    impossible: str = ""
    """Why this machine cannot show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All plants, the clean ladder first, and the stops that they share."""

    stops: Mapping[str, Stop]
    titles: Mapping[str, str]
    origins: Mapping[str, str]
    """Stop → the rung that it was first wanted for."""
    plants: tuple[Laid, ...]

    @property
    def clean(self) -> Laid:
        """The ladder without a plant."""
        return self.plants[0]


class Planner:
    """Takes plants one by one, the clean ladder first, and keeps the stops."""

    def __init__(self, refuse: Refuse) -> None:
        self._refuse = refuse
        self._ids: dict[Stop, str] = {}
        self._titles: dict[str, str] = {}
        self._origins: dict[str, str] = {}
        self._laid: list[Laid] = []

    @property
    def plan(self) -> Plan:
        """Everything so far."""
        stops = {name: stop for stop, name in self._ids.items()}
        return Plan(
            stops=stops,
            titles=dict(self._titles),
            origins=dict(self._origins),
            plants=tuple(self._laid),
        )

    def skip(self, plant: Plant, settings: Settings, why: str) -> None:
        """A plant that this machine cannot show."""
        self._laid.append(Laid(plant=plant, settings=settings, preflight=None, impossible=why))

    def lay(self, plant: Plant, settings: Settings, preflight: Preflight) -> None:
        """Resolve a plant's rungs and A/Bs to stops."""
        steps = with_refusal(preflight.ladder, dict.fromkeys(plant.without, _NOT_NEEDED))
        steps = steps if plant.twins is None else _twinned(steps, plant.twins)
        by_rung = {step.rung.id: step for step in steps}
        rungs = self._rungs(plant, settings, by_rung)
        pairs = tuple(self._pair(plant, settings, by_rung, one) for one in plant.expects)
        why = _refused(plant, by_rung)
        why = why or self._impossible((*rungs.values(), *(stop for pair in pairs for stop in pair)), settings)
        if why:
            self.skip(plant, settings, why)
            return
        # No trial of a ladder is the measure of itself: what is in one has a second visit for the A/B.
        taken = {*rungs.values(), *self._clean_stops()}
        stops = {name: self._name(stop, plant, by_rung[name].rung) for name, stop in rungs.items()}
        calm = self._calm(plant, settings, by_rung) if plant.under_load else {}
        measured = tuple(
            self._measured(pair, _legs(one), plant, by_rung, taken)
            for pair, one in zip(pairs, plant.expects, strict=True)
        )
        self._laid.append(
            Laid(
                plant=plant,
                settings=settings,
                preflight=replace(preflight, ladder=steps),
                stops=stops,
                calm=calm,
                pairs=measured,
            )
        )

    def _rungs(self, plant: Plant, settings: Settings, steps: Mapping[str, PlannedRung]) -> dict[str, Stop]:
        """Rung → its stop, for rungs that are visited; twins are copies of one."""
        rungs = {
            name: self._stop(plant, settings, _changed(step.setting, plant.visited_as.get(name, {})))
            for name, step in steps.items()
            if step.alias_of is None and step.refusal is None
        }
        if plant.twins is None:
            return rungs
        return {name: _copied(rungs[name], n) for n, name in enumerate(plant.twins.rungs) if name in rungs}

    def _calm(self, plant: Plant, settings: Settings, steps: Mapping[str, PlannedRung]) -> dict[str, str]:
        calm = dataclasses.replace(plant, title=f"{plant.title}, but not here", under_load=False)
        rungs = self._rungs(calm, settings, steps)
        return {name: self._name(stop, calm, steps[name].rung) for name, stop in rungs.items()}

    def _pair(
        self, plant: Plant, settings: Settings, steps: Mapping[str, PlannedRung], expected: Expectation
    ) -> tuple[Stop, ...]:
        """Both environments of an A/B; empty where none is needed."""
        return tuple(
            self._stop(plant, settings, _changed(steps[leg.rung].setting, leg.change))
            for leg in _legs(expected)
        )

    def _measured(
        self,
        pair: tuple[Stop, ...],
        legs: tuple[Leg, ...],
        plant: Plant,
        steps: Mapping[str, PlannedRung],
        taken: set[Stop],
    ) -> Measured | None:
        names = [
            self._name(_copied(stop, 1) if stop in taken else stop, plant, steps[leg.rung].rung)
            for stop, leg in zip(pair, legs, strict=True)
        ]
        return Measured(planted=names[0], without=names[1]) if names else None

    def _stop(self, plant: Plant, settings: Settings, setting: Setting) -> Stop:
        pinned = setting.backend == "native" or setting.build != "served"
        return Stop(
            setting=setting,
            web_dist="" if pinned else settings.web_dist or "",
            under_load=plant.under_load,
            copy=0,
        )

    def _impossible(self, stops: Iterable[Stop], settings: Settings) -> str | None:
        return next((why for stop in stops if (why := self._refuse(stop.setting, settings))), None)

    def _clean_stops(self) -> Iterable[Stop]:
        clean = next((laid for laid in self._laid if laid.plant.id == CLEAN), None)
        names = set(clean.stops.values()) if clean else set()
        return (stop for stop, name in self._ids.items() if name in names)

    def _name(self, stop: Stop, plant: Plant, rung: Rung) -> str:
        """Named after the first plant and rung that want it."""
        if stop not in self._ids:
            first = name = f"{plant.id}.{rung.id}"
            number = 1
            while name in self._titles:
                number += 1
                name = f"{first}-{number}"
            self._ids[stop] = name
            self._titles[name] = f"{plant.title}: {rung.title}"
            self._origins[name] = rung.id
        return self._ids[stop]


def rungs_for(plant: Plant, rungs: Mapping[str, Rung]) -> dict[str, Rung]:
    """The ladder without the side rungs that nobody asked for."""
    return {name: rung for name, rung in rungs.items() if rung.role != "side" or name in plant.side}


def _changed(setting: Setting | None, fields: Mapping[str, Any]) -> Setting:
    if setting is None:
        raise ValueError("a rung without a setting is not visited")
    return replace(setting, **fields)


def _copied(stop: Stop, copy: int) -> Stop:
    return Stop(setting=stop.setting, web_dist=stop.web_dist, under_load=stop.under_load, copy=copy)


def _legs(expected: Expectation) -> tuple[Leg, ...]:
    match expected:
        case Costs(pair=pair) | Shrinks(pair=pair):
            return pair.planted, pair.without
        case Nothing() | Flagged():
            return ()


def _refused(plant: Plant, steps: Mapping[str, PlannedRung]) -> str | None:
    """Why a rung that the plant cannot do without is refused."""
    needed = {*plant.side, *plant.visited_as, *(plant.twins.rungs if plant.twins else ())}
    return next((steps[name].refusal for name in sorted(needed) if steps[name].refusal), None)


def _twinned(steps: tuple[PlannedRung, ...], twins: Twins) -> tuple[PlannedRung, ...]:
    """Every rung becomes the one environment: visited for itself, or an alias of the one before it."""
    setting = next(step.setting for step in steps if step.rung.id == twins.of)
    refusal = next(step.refusal for step in steps if step.rung.id == twins.of)
    found: dict[str, PlannedRung] = {}
    for step in steps:  # parents come first
        parent = found.get(step.rung.derived_from or "")
        alias = None
        if step.rung.id not in twins.rungs and parent is not None:
            alias = parent.alias_of or parent.rung.id
        found[step.rung.id] = replace(step, setting=setting, alias_of=alias, refusal=refusal)
    return tuple(found.values())
