"""The library of one kernel as a recording: a model of one node, on a machine where nothing else costs."""

import math
from statistics import median

from msgspec.structs import replace

from gapprof import rungs
from gapprof.backends.synthetic import Machine, PlantedNode
from gapprof.facts.profiles import CAPPED, NATIVE, WEB
from gapprof.facts.twins import AVX, WASM
from gapprof.measure.resolve import ladder
from gapprof.records.job import Job
from gapprof.records.recording import Entry, Preflight, Recording
from gapprof.records.transplant import HotFunction, TransplantPlan
from gapprof.records.twins import TwinNode, TwinPlan, TwinTime, TwinTrial
from gapprof.stats.undisturbed import undisturbed
from gapprof.yardstick.shapes import key_of
from lost.spilling import FUNCTIONS, PACE, REGISTERS, SETTINGS, SHAPE, TILES, Measured, job_of
from lost.two_sides import FITS

_NODE = "product"


def recording_of(found: Measured, library: str) -> Recording:
    """As of a model of one node; the library's kernel has that tile, and the twin the one that fits."""
    web_ms = [undisturbed(one.wasm[library]) / 1e3 for one in found.rounds]
    native_ms = [undisturbed(one.native[library]) / 1e3 for one in found.rounds]

    def weather(job: Job) -> float:
        return math.log((native_ms if job.setting.backend == "native" else web_ms)[job.round])

    machine = Machine(
        latency_ms=dict.fromkeys(rungs.ladder("wasm"), 1.0),
        weather=weather,
        nodes=(PlantedNode(name=_NODE, op_type="MatMul"),),
        marshalling_ms={"native": 0.0, "web": 0.0},
        dispatch_us={"native": 0.0, "web": 0.0},
    )
    entries = (
        *_visits(machine, len(found.rounds)),
        *_twins(found),
        *_transplant(found, library, run_ms=median(web_ms)),
    )
    return Recording(begin=found.begin, entries=entries)


def _visits(machine: Machine, rounds: int) -> tuple[Entry, ...]:
    """A whole ladder, and its profiles."""
    steps = ladder(
        rungs.ladder("wasm"),
        SETTINGS,
        cores=1,
        page_cores=1,
        page_threads=1,
        page_isolated=True,
        refuse=machine.refuse,
    )
    there = (step for step in steps if step.refusal is None and step.alias_of is None)
    own = [step.rung.id for step in there if step.rung.role != "side"]
    settings = {step.rung.id: step.setting for step in steps if step.setting is not None}
    timed = (
        machine.timed(replace(job_of(settings[rung]), rung=rung, round=number))
        for number in range(rounds)
        for rung in own
    )
    profiled = (
        machine.profiled(replace(job_of(settings[rung]), rung=rung, round=number), lambda _: None)
        for number in range(rounds)
        for rung in (NATIVE, CAPPED, WEB)
    )
    preflight = Preflight(page_threads=1, page_seen=None, native_seen=None, pace=PACE, ladder=steps)
    return (preflight, *timed, *profiled)


def _twins(found: Measured) -> tuple[Entry, ...]:
    """Of the tile that fits."""
    shape, tile = key_of(SHAPE), TILES[FITS]
    trials = tuple(
        TwinTrial(
            target=target,
            round=number,
            times=(
                TwinTime(
                    shape=shape,
                    schedule=(tile.rows, tile.vectors, tile.unroll, tile.depth),
                    samples_us=samples[FITS],
                ),
            ),
            engine=found.browser if target == WASM else "LLVM",
            started_s=0.0,
            ended_s=1.0,
        )
        for number, one in enumerate(found.rounds)
        for target, samples in ((WASM, one.wasm), (AVX, one.native))
    )
    nodes = (TwinNode(name=_NODE, op_type="MatMul", parts=(shape,)),)
    return (TwinPlan(nodes=nodes, footprint_bytes=1 << 20), *trials)


def _transplant(found: Measured, library: str, *, run_ms: float) -> tuple[Entry, ...]:
    """The library's kernel is the one hot function, called once in a run."""
    function = FUNCTIONS[library]
    hot = HotFunction(
        function=function, self_ms=run_ms, calls=1, rows=1, vectors_at_once=found.vectors[library]
    )
    plan = TransplantPlan(functions=(hot,), wasm_ms=run_ms, target=found.target, vector_registers=REGISTERS)
    trials = (
        replace(one, times=tuple(time for time in one.times if time.function == function))
        for one in found.replays
    )
    return (plan, *trials)
