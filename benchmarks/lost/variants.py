"""One model under what makes a library slower: kernels of another release, and a graph that nobody fuses.

Every variant is visited in the same rounds, with twins beside them; of each a recording is made as if it were
all that there is. The ladder is that of a machine of one core, and ends where the loss is planted.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from gapprof import assets, rungs
from gapprof.backends import chromium, native
from gapprof.browser.visit import Equipment
from gapprof.facts.case import Case
from gapprof.facts.cells import measured
from gapprof.facts.estimates import factor_of
from gapprof.facts.profiles import CAPPED, NATIVE, WEB
from gapprof.facts.twins import AVX, WASM
from gapprof.guard import Guard
from gapprof.measure.beginning import begun
from gapprof.measure.journal import Journal, open_journal
from gapprof.measure.lock import sole_measurer
from gapprof.measure.machine import machine_facts, usable_cores
from gapprof.measure.pacing import preflight_pace
from gapprof.measure.preflight import LONGEST_VISIT_S, conclude, look
from gapprof.measure.visits import Patience, Visits
from gapprof.records.recording import Entry, PlannedRung, Preflight, Recording
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, OutputCheck, Profile, Trial
from gapprof.records.twins import TwinTrial
from gapprof.stats.contrast import Contrast
from gapprof.subject.open import open_subject
from gapprof.yardstick.bench import Bench, prepared
from gapprof.yardstick.natively import time_natively
from gapprof.yardstick.tuning import Tuned, likely
from lost.charged import known
from lost.model import save_model

SETTINGS = Settings(threads=1, where="worker", rungs="main", twins=True)
OLD, GRAPH, UNDONE = "web-simd-118", "web-graph", "web-graph-undone"
_FIRST, _LAST = "native", "web"
_NOT_HERE = "nothing is planted there"
_OFF = (("graphOptimizationLevel", "disabled"),)
"""As a page sets it that switches the library's optimiser off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What stands where the ladder has these rungs."""

    worker: str = WEB
    graph: str | None = None
    """None: the ladder ends with the common graph."""


NEW_RELEASE, OLD_RELEASE = Variant(), Variant(worker=OLD)
FUSED, UNFUSED = Variant(graph=GRAPH), Variant(graph=UNDONE)
KERNELS_PAIR, FUSIONS_PAIR = (WEB, OLD_RELEASE, NEW_RELEASE), (GRAPH, UNFUSED, FUSED)
PAIRS = (KERNELS_PAIR, FUSIONS_PAIR)
"""The rung that a loss is planted at, and the variants with it and without it."""


def visited(folder: Path, *, fewest: int, most: int) -> Recording:
    """Every variant in every round, until the A/Bs of both losses know their effects; and one look at what
    runs where nothing is fused."""
    model, workdir, outputs = folder / "losses.onnx", folder / "subject", folder / "outputs"
    for made in (workdir, outputs):
        made.mkdir(parents=True)
    save_model(model)
    with ExitStack() as stack:
        stack.enter_context(sole_measurer())
        guard = stack.enter_context(Guard())
        subject = open_subject(str(model), shapes={}, inputs=None, seed=0, workdir=workdir)
        begin = begun(subject.facts, SETTINGS, machine_facts(), argv=())
        journal = stack.enter_context(open_journal(folder / "run.jsonl", begin))
        visits = Visits(
            journal=journal,
            subject=subject,
            backends={
                "native": native.BACKEND.open(SETTINGS, guard),
                "chromium": chromium.BACKEND.open(SETTINGS, guard),
            },
            outputs=outputs,
            seed=0,
            pace=preflight_pace(LONGEST_VISIT_S),
            patience=Patience(0.0),
        )
        preflight = _looked(visits, journal)
        steps = _steps(preflight)
        bench = prepared(
            journal,
            subject,
            steps[WEB],
            preflight.pace,
            Equipment(executable=assets.find_browser(), probes=assets.probes_web(), guard=guard),
            web_targets=(WASM,),
            native_targets=(AVX,),
            threads=1,
            seed=0,
            scratch=folder,
        )
        tuned = {WASM: {shape: likely(shape, WASM, {}) for shape in bench.shapes}}
        visits = changed(visits, pace=preflight.pace)
        number = 0
        while number < fewest or (number < most and not _all_known(journal.recording())):
            _round(visits, steps, bench, tuned, number)
            number += 1
        visits.profiled(steps[UNDONE], number)
        return journal.recording()


def directly(found: Recording, rung: str, planted: Variant, without: Variant) -> Contrast:
    """ln of one's runs over the other's, in the rounds that they share."""
    slow, fast = (Case(recording_of(found, one)).get(measured)[rung] for one in (planted, without))
    return Contrast(
        {number: math.log(slow[number] / fast[number]) for number in sorted(slow.keys() & fast.keys())}
    )


def _all_known(found: Recording) -> bool:
    return all(known(factor_of(directly(found, *pair))) for pair in PAIRS)


def recording_of(found: Recording, variant: Variant) -> Recording:
    """As if nothing else had been visited in its rounds."""
    named = {_FIRST: _FIRST, NATIVE: NATIVE, CAPPED: CAPPED, variant.worker: WEB}
    if variant.graph is not None:
        named[variant.graph] = GRAPH
    last = WEB if variant.graph is None else GRAPH
    return replace(found, entries=tuple(_entries(found, named, last)))


def _looked(visits: Visits, journal: Journal) -> Preflight:
    everything, cores = rungs.ladder("wasm"), usable_cores()
    first = look(visits, everything, SETTINGS, cores=cores)
    found = conclude(first, everything, SETTINGS, visits.backends, cores=cores, wanted=frozenset())
    journal.write(found)
    return found


def _steps(preflight: Preflight) -> dict[str, PlannedRung]:
    """Those that are visited; one of them is in no ladder."""
    steps = {step.rung.id: step for step in preflight.ladder}
    graph = steps[GRAPH]
    if graph.setting is None:
        raise ValueError(f"{GRAPH} has no setting")
    undone = replace(graph, rung=replace(graph.rung, id=UNDONE), setting=replace(graph.setting, session=_OFF))
    return {**steps, _FIRST: _of_one_core(steps[_FIRST]), UNDONE: undone}


def _round(visits: Visits, steps: Mapping[str, PlannedRung], bench: Bench, tuned: Tuned, number: int) -> None:
    """In an order of its own."""
    profiled, timed = (NATIVE, CAPPED, WEB, OLD), (_FIRST, GRAPH, UNDONE)
    for place in map(str, np.random.default_rng(number).permutation([*profiled, *timed, WASM, AVX])):
        if place in profiled:
            visits.profiled(steps[place], number)
        elif place in timed:
            visits.timed(steps[place], number)
        elif place == WASM:
            bench.time_in_page(tuned, number)
        else:
            time_natively(bench, tuned, AVX, number)


def _of_one_core(step: PlannedRung) -> PlannedRung:
    return replace(step, setting=step.setting and replace(step.setting, threads=1))


def _entries(found: Recording, named: Mapping[str, str], last: str) -> Iterator[Entry]:
    rounds = 1 + max(one.round for one in found.of(TwinTrial))
    for entry in found.entries:
        match entry:
            case Trial() | Failure() | Profile():
                if entry.rung in named and 0 <= entry.round < rounds:
                    yield replace(entry, rung=named[entry.rung])
            case Preflight():
                yield replace(entry, ladder=tuple(_ladder(entry, last)))
            case OutputCheck():
                pass
            case _:
                yield entry


def _ladder(preflight: Preflight, last: str) -> Iterator[PlannedRung]:
    """Up to that rung, of which the page as deployed is another name."""
    visited = (_FIRST, NATIVE, CAPPED, WEB, last)
    for step in preflight.ladder:
        name = step.rung.id
        if name == _FIRST:
            yield _of_one_core(step)
        elif name == "native-threads":
            yield replace(step, alias_of=_FIRST)
        elif name == _LAST:
            yield replace(step, alias_of=last, refusal=None)
        elif name in visited or step.alias_of in visited or step.rung.role == "side":
            yield step
        else:
            yield replace(step, alias_of=None, refusal=_NOT_HERE)
